/** Texts that try to be something else. */
export const hostile = [
  `'; drop table account; --`,
  `" or 1=1 --`,
  `' or ''='`,
  '\0',
  '\u{d800}',
  '%_%',
  '\\',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '1 union select email from account',
  'a\r\nb: c',
  'x'.repeat(20_000),
  '',
];
