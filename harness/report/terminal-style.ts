export interface TerminalStyle {
  colour: boolean
  /** The width of the terminal; null when the output is no terminal: then plain columns. */
  columns: number | null
  /** Bars without line-drawing characters. */
  ascii?: boolean
}

/**
 * Colours and frames only on a terminal; https://no-color.org turns colours off there, too. The locale
 * tells what characters it has: the first of these three that is set (POSIX.1-2017, 8.2).
 */
export function terminalStyle(
  stream: { isTTY?: boolean; columns?: number },
  environment: Record<string, string | undefined>,
): TerminalStyle {
  const { LC_ALL, LC_CTYPE, LANG, NO_COLOR } = environment
  const ascii = !/utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '')
  if (stream.isTTY !== true) return { colour: false, columns: null, ascii }
  return { colour: !NO_COLOR, columns: stream.columns ?? 80, ascii }
}
