// What state needs of the core: calls, by the contract's names.
import type { Name, Params, Result } from "../contract/rpc";

export interface Core {
  call<N extends Name>(method: N, params: Params<N>): Promise<Result<N>>;
}
