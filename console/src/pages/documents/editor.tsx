// The editor: loaded when a document is opened, for it is half as large as the rest of the console.
import Collaboration from '@tiptap/extension-collaboration';
import CollaborationCaret from '@tiptap/extension-collaboration-caret';
import { EditorContent, useEditor, type Editor } from '@tiptap/react';
import StarterKit from '@tiptap/starter-kit';
import { useMemo, useReducer, useEffect } from 'react';
import { ToggleButton, Toolbar, Group } from 'react-aria-components';
import * as Y from 'yjs';
import { Button } from '../../ui/button';
import { useSaveState, useVisitors, type Connection, type SaveState } from './connection';
import { MyName } from './my_name';
import { Roots } from './roots';
import './editor.css';

const kSaveWords: Record<SaveState, string> = {
  connecting: 'Opening…',
  saved: 'Saved',
  saving: 'Saving…',
  offline: 'No connection: what you write is kept here and sent later',
  'read-only': 'Read only',
  refused: 'You may no longer open this document',
};

/** Undo is the document's own: of what one has done oneself. */
export function starterKit() {
  return StarterKit.configure({ undoRedo: false, link: { openOnClick: false } });
}

function useEachChange(editor: Editor): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    editor.on('transaction', again);
    return () => {
      editor.off('transaction', again);
    };
  }, [editor]);
}

interface Mark {
  label: string;
  sign: string;
  isOn: (editor: Editor) => boolean;
  toggle: (editor: Editor) => void;
}

const kMarks: readonly (readonly Mark[])[] = [
  [1, 2, 3].map((level) => ({
    label: `Heading ${level}`,
    sign: `H${level}`,
    isOn: (editor) => editor.isActive('heading', { level }),
    toggle: (editor) =>
      editor
        .chain()
        .focus()
        .toggleHeading({ level: level as 1 | 2 | 3 })
        .run(),
  })),
  [
    {
      label: 'Bold',
      sign: 'B',
      isOn: (editor) => editor.isActive('bold'),
      toggle: (editor) => editor.chain().focus().toggleBold().run(),
    },
    {
      label: 'Italic',
      sign: 'I',
      isOn: (editor) => editor.isActive('italic'),
      toggle: (editor) => editor.chain().focus().toggleItalic().run(),
    },
    {
      label: 'Struck out',
      sign: 'S',
      isOn: (editor) => editor.isActive('strike'),
      toggle: (editor) => editor.chain().focus().toggleStrike().run(),
    },
    {
      label: 'Code',
      sign: '<>',
      isOn: (editor) => editor.isActive('code'),
      toggle: (editor) => editor.chain().focus().toggleCode().run(),
    },
  ],
  [
    {
      label: 'List',
      sign: '•',
      isOn: (editor) => editor.isActive('bulletList'),
      toggle: (editor) => editor.chain().focus().toggleBulletList().run(),
    },
    {
      label: 'Numbered list',
      sign: '1.',
      isOn: (editor) => editor.isActive('orderedList'),
      toggle: (editor) => editor.chain().focus().toggleOrderedList().run(),
    },
    {
      label: 'Quotation',
      sign: '”',
      isOn: (editor) => editor.isActive('blockquote'),
      toggle: (editor) => editor.chain().focus().toggleBlockquote().run(),
    },
  ],
];

function Tools({ editor }: { editor: Editor }) {
  useEachChange(editor);
  return (
    <Toolbar className="editor-tools" aria-label="Format">
      {kMarks.map((marks, index) => (
        <Group key={index} className="editor-group">
          {marks.map((mark) => (
            <ToggleButton
              key={mark.label}
              className="editor-tool"
              data-sign={mark.sign}
              isSelected={mark.isOn(editor)}
              onChange={() => mark.toggle(editor)}
            >
              <span aria-hidden="true">{mark.sign}</span>
              <span className="offscreen">{mark.label}</span>
            </ToggleButton>
          ))}
        </Group>
      ))}
      <Group className="editor-group">
        <Button
          small
          look="bare"
          isDisabled={!editor.can().undo()}
          onPress={() => editor.chain().focus().undo().run()}
        >
          Undo
        </Button>
        <Button
          small
          look="bare"
          isDisabled={!editor.can().redo()}
          onPress={() => editor.chain().focus().redo().run()}
        >
          Redo
        </Button>
      </Group>
    </Toolbar>
  );
}

function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter().segment(name);
  return (first?.segment ?? '').toUpperCase();
}

function Present({ connection }: { connection: Connection }) {
  const visitors = useVisitors(connection);
  const me = connection.doc.clientID;
  return (
    <ul className="editor-present" aria-label="Who is here">
      {visitors.map((visitor) => (
        <li key={visitor.client}>
          <span className="editor-face" style={{ background: visitor.color }} aria-hidden="true">
            {firstLetter(visitor.name)}
          </span>
          {visitor.name}
          {visitor.client === me && ' (you)'}
        </li>
      ))}
      <li className="editor-me">
        <MyName />
      </li>
    </ul>
  );
}

function Saved({ connection, onOpen }: { connection: Connection; onOpen: () => void }) {
  const state = useSaveState(connection);
  const isOpen = state !== 'connecting';
  useEffect(() => {
    if (isOpen) onOpen();
  }, [isOpen, onOpen]);
  return (
    <p className={`editor-saved editor-${state}`} role="status">
      {kSaveWords[state]}
    </p>
  );
}

interface DocumentEditorProps {
  name: string;
  connection: Connection;
  onOpen: () => void;
}

export function DocumentEditor({ name, connection, onOpen }: DocumentEditorProps) {
  const editor = useEditor(
    {
      extensions: [
        starterKit(),
        Collaboration.configure({ document: connection.doc }),
        CollaborationCaret.configure({ provider: connection.provider, user: connection.user }),
      ],
      editorProps: { attributes: { 'aria-label': 'Text of the document', role: 'textbox' } },
    },
    [connection],
  );
  return (
    <div className="editor">
      <div className="editor-head">
        <Tools editor={editor} />
        <Saved connection={connection} onOpen={onOpen} />
      </div>
      <Roots name={name} doc={connection.doc} />
      <EditorContent editor={editor} className="editor-paper" />
      <Present connection={connection} />
    </div>
  );
}

/** The text as it was, from an update that holds it whole. */
export function DocumentView({ state }: { state: Uint8Array }) {
  const doc = useMemo(() => {
    const made = new Y.Doc();
    Y.applyUpdate(made, state);
    return made;
  }, [state]);
  const editor = useEditor(
    {
      extensions: [starterKit(), Collaboration.configure({ document: doc })],
      editable: false,
      editorProps: { attributes: { 'aria-label': 'Text of the version' } },
    },
    [doc],
  );
  return <EditorContent editor={editor} className="editor-paper editor-past" />;
}
