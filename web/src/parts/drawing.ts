// What is done once the window has drawn what has just changed.

/** Does something in the second frame from now, when what has just changed is on the screen; returns what calls it off. */
export function onceDrawn(does: () => void): () => void {
  let frame = requestAnimationFrame(() => (frame = requestAnimationFrame(does)));
  return () => cancelAnimationFrame(frame);
}
