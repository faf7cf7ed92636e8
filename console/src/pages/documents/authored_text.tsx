import { Extension } from '@tiptap/core';
import Collaboration from '@tiptap/extension-collaboration';
import type { Node } from '@tiptap/pm/model';
import { Plugin } from '@tiptap/pm/state';
import { Decoration, DecorationSet } from '@tiptap/pm/view';
import { EditorContent, useEditor } from '@tiptap/react';
import { useMemo } from 'react';
import * as Y from 'yjs';
import type { AuthoredRange } from '../../api/documents';
import { formatFull } from '../../lib/time';
import { nameOf, type Author } from './author_list';
import { starterKit } from './editor';

type Parent = Y.XmlFragment | Y.XmlElement;

/** Where each text of the document begins in the editor, by the path to it. */
function placesOf(fragment: Y.XmlFragment, doc: Node): Map<string, number> {
  const places = new Map<string, number>();
  const walk = (parent: Parent, path: number[], start: number) => {
    let at = start;
    parent.toArray().forEach((child, index) => {
      const here = [...path, index];
      if (child instanceof Y.XmlText) {
        places.set(JSON.stringify(here), at);
        at += child.length;
        return;
      }
      const node = at < doc.content.size ? doc.nodeAt(at) : null;
      if (node === null || !(child instanceof Y.XmlElement)) return;
      walk(child, here, at + 1);
      at += node.nodeSize;
    });
  };
  walk(fragment, [], 0);
  return places;
}

function colored(
  doc: Node,
  fragment: Y.XmlFragment,
  ranges: readonly AuthoredRange[],
  authors: readonly Author[],
  shown: string | null,
  wordsOf: (user: string) => string,
): DecorationSet {
  const places = placesOf(fragment, doc);
  const colors = new Map(authors.map(({ name, color }) => [name, color]));
  const marks = ranges.flatMap((range) => {
    const start = places.get(JSON.stringify(range.path));
    const name = nameOf(range);
    if (range.key !== null || start === undefined || (shown !== null && shown !== name)) return [];
    const from = start + range.from;
    const to = Math.min(from + range.length, doc.content.size);
    if (from >= to) return [];
    const when = range.at === null ? '' : `, ${formatFull(range.at)}`;
    return Decoration.inline(from, to, {
      class: 'authored',
      title: wordsOf(name) + when,
      'data-author': name,
      style: `--author: ${colors.get(name) ?? 'transparent'}`,
    });
  });
  return DecorationSet.create(doc, marks);
}

/** The text of `state`, which the ranges are of. */
export function AuthoredText({
  state,
  ranges,
  authors,
  shown,
  wordsOf,
}: {
  state: Uint8Array;
  ranges: readonly AuthoredRange[];
  authors: readonly Author[];
  shown: string | null;
  wordsOf: (user: string) => string;
}) {
  const doc = useMemo(() => {
    const made = new Y.Doc();
    Y.applyUpdate(made, state);
    return made;
  }, [state]);
  const editor = useEditor(
    {
      extensions: [
        starterKit(),
        Collaboration.configure({ document: doc }),
        Extension.create({
          name: 'authors',
          addProseMirrorPlugins: () => [
            new Plugin({
              props: {
                decorations: (at) =>
                  colored(at.doc, doc.getXmlFragment('default'), ranges, authors, shown, wordsOf),
              },
            }),
          ],
        }),
      ],
      editable: false,
      editorProps: { attributes: { 'aria-label': 'Text with its authors' } },
    },
    [doc, ranges, shown],
  );
  return <EditorContent editor={editor} className="editor-paper editor-past" />;
}
