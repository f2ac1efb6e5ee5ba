/**
 * SockMan for one consumer: TypeScript's nearest thing to `template <typename Consumer> class SockMan`.
 *
 * The module is evaluated anew for each consumer, which gives it functions, and so type feedback, of
 * its own. A class made by a factory function would not do: V8 keeps feedback with the place in the
 * source where a closure is made (`FeedbackCell`), so all classes that one factory makes share it.
 *
 * @param consumer any name, unique among consumers
 */
export async function specialiseSockMan(
  consumer: string,
): Promise<typeof import('./sockman.ts')['SockMan']> {
  const instance = (await import(`./sockman.js?for=${consumer}`)) as typeof import('./sockman.ts')
  return instance.SockMan
}
