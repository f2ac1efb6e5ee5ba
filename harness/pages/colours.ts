/**
 * Colours of our pages as CSS variables. The series are those of Okabe and Ito, which people with any
 * colour blindness tell apart (https://jfly.uni-koeln.de/color/), darkened or lightened where they would
 * not stand out from the ground; text has a contrast of at least 4.5 with what is behind it.
 */
export const colours = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f4f5f7; --ink: #1c2126; --soft: #565d66; --line: #d4d8dd;
  --band: #e4e8ee; --grid: #e9ebee; --focus: #0062a8; --link: #0062a8;
  --good: #00694c; --bad: #a83c00; --open: #6b5300; --void: #8a2f66; --plain: #565d66;
  --series-0: #0072b2; --series-1: #d55e00; --series-2: #009e73; --series-3: #b3558b;
  --series-4: #a97800; --series-5: #3a93c4; --series-6: #4c535b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --raised: #1e2328; --ink: #e6e9ec; --soft: #a5adb6; --line: #3a424a;
    --band: #2b333c; --grid: #262c32; --focus: #7cc4f5; --link: #7cc4f5;
    --good: #4fd0a5; --bad: #ff9f66; --open: #e8c155; --void: #eb9cc8; --plain: #a5adb6;
    --series-0: #56b4e9; --series-1: #ff8a3d; --series-2: #2fc79a; --series-3: #e39ac4;
    --series-4: #e6b422; --series-5: #9ad4f5; --series-6: #b4bcc5;
  }
}
@media print {
  :root {
    --ground: #ffffff; --raised: #ffffff; --ink: #000000; --soft: #333333; --line: #999999;
    --band: #e4e8ee; --grid: #e9ebee; --link: #000000;
    --good: #00694c; --bad: #a83c00; --open: #6b5300; --void: #8a2f66; --plain: #333333;
    --series-0: #0072b2; --series-1: #d55e00; --series-2: #009e73; --series-3: #b3558b;
    --series-4: #a97800; --series-5: #3a93c4; --series-6: #4c535b;
  }
}
`
