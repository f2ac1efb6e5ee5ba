import type { FrameKind } from '../frame.ts'

/**
 * Of frames, all with black text on them, in the light and in the dark. After Okabe and Ito, lightened;
 * blue and orange are told apart with any colour blindness.
 */
export const palette = {
  kinds: {
    backend: '#f0a83a',
    'node logic': '#7cc4ee',
    protocol: '#6fcfae',
    threads: '#efe36a',
    sock: '#dfa9cb',
    'system call': '#b7bec7',
    'Node and V8': '#a9bde0',
    kernel: '#9aa3ad',
    other: '#d9d4c8',
  } satisfies Record<FrameKind, string>,
  same: '#d3d7dc',
  less: '#4f9fe0',
  more: '#f08a24',
  only: '#c3aee8',
  found: '#e58be0',
}
