// Markdown blocks, after CommonMark (https://spec.commonmark.org/0.31.2/) and GFM tables and task lists, as chat models
// write them. Differences on purpose: raw HTML is text, a single line break is a line break, and two spaces are enough to
// nest below a numbered item. Every expression here works in linear time on any input.

const MAX_DEPTH = 12;

const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]|$)/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?=[ \t]|$)/;
const SETEXT = /^ {0,3}(?:={3,}|-{3,})[ \t]*$/;
const TASK = /^\[([ xX])\][ \t]+/;
const BLANK = /^[ \t]*$/;
const DELIMITER_CELL = /^[ \t]*:?-+:?[ \t]*$/;

export function parse(text) {
  return parseBlocks(text.replace(/\r\n?/g, '\n').replaceAll('\0', '\uFFFD').split('\n'), 0);
}

function indentOf(line) {
  let width = 0;
  for (const c of line) {
    if (c === ' ') {
      width++;
    } else if (c === '\t') {
      width += 4 - (width % 4);
    } else {
      break;
    }
  }
  return width;
}

function stripIndent(line, width) {
  let column = 0;
  let i = 0;
  while (i < line.length && column < width && (line[i] === ' ' || line[i] === '\t')) {
    column += line[i] === '\t' ? 4 - (column % 4) : 1;
    i++;
  }
  return ' '.repeat(Math.max(0, column - width)) + line.slice(i);
}

/** Blocks of `{type, start, end, …}`; start and end are line numbers, end exclusive, for reuse of what did not change. */
export function parseBlocks(lines, depth) {
  const blocks = [];
  let i = 0;
  while (i < lines.length) {
    if (BLANK.test(lines[i])) {
      i++;
      continue;
    }
    const block = parseBlock(lines, i, depth);
    block.raw = depth === 0 ? lines.slice(i, block.end).join('\n') : '';
    blocks.push(block);
    i = block.end;
  }
  return blocks;
}

function parseBlock(lines, i, depth) {
  const line = lines[i];
  const fence = fenceOf(line);
  if (fence) {
    return parseFence(lines, i, fence);
  }
  const heading = HEADING.exec(line);
  if (heading) {
    return { type: 'heading', level: heading[1].length, text: headingText(line.slice(heading[0].length)), end: i + 1 };
  }
  if (RULE.test(line)) {
    return { type: 'rule', end: i + 1 };
  }
  if (depth < MAX_DEPTH && QUOTE.test(line)) {
    return parseQuote(lines, i, depth);
  }
  if (depth < MAX_DEPTH && ITEM.test(line)) {
    return parseList(lines, i, depth);
  }
  if (isTable(lines, i)) {
    return parseTable(lines, i);
  }
  if (indentOf(line) >= 4) {
    return parseIndented(lines, i);
  }
  return parseParagraph(lines, i, depth);
}

function fenceOf(line) {
  const match = FENCE.exec(line);
  // The info string of a backtick fence has no backticks: ```like this``` is inline code.
  return match && !(match[2][0] === '`' && match[3].includes('`')) ? match : null;
}

function parseFence(lines, i, [, indent, marker, info]) {
  const content = [];
  let end = i + 1;
  let closed = false;
  for (; end < lines.length; end++) {
    const match = FENCE.exec(lines[end]);
    if (match && match[2][0] === marker[0] && match[2].length >= marker.length && BLANK.test(match[3])) {
      closed = true;
      end++;
      break;
    }
    content.push(stripIndent(lines[end], indent.length));
  }
  return { type: 'code', language: info.trim().split(/\s/, 1)[0], text: content.join('\n'), closed, end };
}

function headingText(text) {
  let value = text.trim();
  let hashes = value.length;
  while (hashes > 0 && value[hashes - 1] === '#') {
    hashes--;
  }
  if (hashes < value.length && (hashes === 0 || value[hashes - 1] === ' ' || value[hashes - 1] === '\t')) {
    value = value.slice(0, hashes).trimEnd();
  }
  return value;
}

function parseQuote(lines, i, depth) {
  const content = [];
  let end = i;
  for (; end < lines.length && QUOTE.test(lines[end]); end++) {
    content.push(lines[end].replace(QUOTE, ''));
  }
  return { type: 'quote', children: parseBlocks(content, depth + 1), end };
}

function itemOf(line) {
  const match = ITEM.exec(line);
  if (!match || RULE.test(line)) {
    return null;
  }
  const markerWidth = match[0].length;
  const rest = line.slice(markerWidth);
  const padding = indentOf(rest);
  const offset = BLANK.test(rest) || padding > 4 ? markerWidth + 1 : markerWidth + padding;
  return {
    ordered: match[2].length > 1,
    kind: match[2].at(-1),
    number: parseInt(match[2], 10),
    indent: match[1].length,
    offset,
    first: stripIndent(rest, offset - markerWidth),
  };
}

function parseList(lines, i, depth) {
  const start = itemOf(lines[i]);
  const list = { type: 'list', ordered: start.ordered, start: start.number, loose: false, items: [] };
  let end = i;
  let item = start;
  while (item && item.kind === start.kind) {
    const content = [item.first];
    // CommonMark asks for the full width of "1. "; models often indent by two or three.
    const needed = Math.min(item.offset, item.indent + 2);
    let blanks = 0;
    let next = end + 1;
    for (; next < lines.length; next++) {
      const line = lines[next];
      if (BLANK.test(line)) {
        blanks++;
        continue;
      }
      const inside = indentOf(line) >= needed;
      const continues = blanks === 0 && !inside && !itemOf(line) && !startsBlock(lines, next);
      if (!inside && !continues) {
        break;
      }
      for (; blanks > 0; blanks--) {
        content.push('');
      }
      content.push(inside ? stripIndent(line, item.offset) : line);
    }
    const task = TASK.exec(content[0]);
    if (task) {
      content[0] = content[0].slice(task[0].length);
    }
    const children = parseBlocks(content, depth + 1);
    list.items.push({ task: task ? task[1] !== ' ' : null, children });
    end = next - blanks;
    item = next < lines.length ? itemOf(lines[next]) : null;
    if (item && item.kind === start.kind) {
      list.loose ||= blanks > 0;
      end = next;
    }
  }
  list.end = end;
  return list;
}

/** True if the line ends a paragraph by starting something else. */
function startsBlock(lines, i) {
  const line = lines[i];
  return fenceOf(line) !== null || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || isTable(lines, i);
}

function startsListInParagraph(line) {
  const item = itemOf(line);
  // "…in\n1986. A great year" is no list.
  return item !== null && !BLANK.test(item.first) && (!item.ordered || item.number === 1);
}

function parseParagraph(lines, i, depth) {
  const content = [lines[i].trim()];
  let end = i + 1;
  for (; end < lines.length; end++) {
    const line = lines[end];
    if (SETEXT.test(line)) {
      return { type: 'heading', level: line.trimStart()[0] === '=' ? 1 : 2, text: content.join('\n'), end: end + 1 };
    }
    if (BLANK.test(line) || (depth < MAX_DEPTH && (startsBlock(lines, end) || startsListInParagraph(line)))) {
      break;
    }
    content.push(line.trim());
  }
  return { type: 'paragraph', text: content.join('\n'), end };
}

function parseIndented(lines, i) {
  const content = [];
  let end = i;
  for (let next = i; next < lines.length; next++) {
    if (BLANK.test(lines[next])) {
      continue;
    }
    if (indentOf(lines[next]) < 4) {
      break;
    }
    while (end < next) {
      content.push('');
      end++;
    }
    content.push(stripIndent(lines[next], 4));
    end = next + 1;
  }
  return { type: 'code', language: '', text: content.join('\n'), closed: true, end };
}

function isTable(lines, i) {
  if (i + 1 >= lines.length || !lines[i].includes('|') || !/^[ \t:|-]+$/.test(lines[i + 1]) || !lines[i + 1].includes('-')) {
    return false;
  }
  const cells = splitRow(lines[i + 1]);
  return (lines[i + 1].includes('|') || cells.length > 1)
    && cells.every((cell) => DELIMITER_CELL.test(cell))
    && cells.length === splitRow(lines[i]).length;
}

function splitRow(line) {
  let row = line.trim();
  if (row.startsWith('|')) {
    row = row.slice(1);
  }
  const cells = [];
  let cell = '';
  for (let i = 0; i < row.length; i++) {
    if (row[i] === '\\' && row[i + 1] === '|') {
      cell += '|';
      i++;
    } else if (row[i] === '|') {
      cells.push(cell);
      cell = '';
    } else {
      cell += row[i];
    }
  }
  if (cell.trim() !== '' || cells.length === 0) {
    cells.push(cell);
  }
  return cells.map((value) => value.trim());
}

function parseTable(lines, i) {
  const align = splitRow(lines[i + 1]).map((cell) => {
    const left = cell.startsWith(':');
    const right = cell.endsWith(':');
    return left && right ? 'center' : right ? 'right' : left ? 'left' : null;
  });
  const rows = [];
  let end = i + 2;
  for (; end < lines.length && !BLANK.test(lines[end]) && lines[end].includes('|'); end++) {
    // Cells beyond the header are kept, missing ones are not filled in: the table stays as large as its text.
    rows.push(splitRow(lines[end]));
  }
  return { type: 'table', align, header: splitRow(lines[i]), rows, end };
}
