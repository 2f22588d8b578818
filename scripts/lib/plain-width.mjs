// Stands for the package string-width in the bundle: columns of text without wide characters.
import { stripVTControlCharacters } from 'node:util';

export default function stringWidth(text) {
  return stripVTControlCharacters(text).length;
}
