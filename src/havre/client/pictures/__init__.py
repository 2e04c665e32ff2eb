"""Pictures that one sends: what is shown of them before they are fetched, and what goes out of them."""
