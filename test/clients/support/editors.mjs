// Editors as people have them in a page, here without one: each bound to a Yjs document by its own binding from npm, as it is.
// An editor has {words(), type(at, text), remove(at, length), bold(at, length), split(at), shown(), close()}: `words()` is its text as
// one string, places are in it; split() and bold() where it has such things. `shown()` is what it shows, to be compared. It is opened
// on a document that nothing has come into yet, as in a page. A binding with `halves` cuts emoji in two where it compares texts by code
// unit; then two documents of Yjs itself, with any server, show other characters there.
import { createRequire } from "node:module";

// A window for those that need one; made when the first of them is loaded.
let dom;
async function window_() {
  if (dom) return dom.window;
  const { JSDOM } = await import("jsdom");
  dom = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
  const { window } = dom;
  for (const name of ["window", "document", "navigator", "MutationObserver", "Node", "Element", "HTMLElement", "Text", "Range", "DOMParser", "getComputedStyle",
    "requestAnimationFrame", "cancelAnimationFrame", "Selection", "getSelection", "Event", "KeyboardEvent", "InputEvent", "CustomEvent", "Window"]) {
    const value = name === "window" ? window : window[name];
    Object.defineProperty(globalThis, name, { value: typeof value === "function" && /^[a-z]/.test(name) ? value.bind(window) : value, configurable: true, writable: true });
  }
  // jsdom lays nothing out.
  window.Range.prototype.getClientRects = () => [];
  window.Range.prototype.getBoundingClientRect = () => ({ left: 0, right: 0, top: 0, bottom: 0, width: 0, height: 0 });
  window.document.execCommand = () => false;
  return window;
}

function place() {
  const element = document.createElement("div");
  document.body.append(element);
  return element;
}

async function proseMirror() {
  await window_();
  const { EditorState } = await import("prosemirror-state");
  const { EditorView } = await import("prosemirror-view");
  const { schema } = await import("prosemirror-schema-basic");
  const { ySyncPlugin, yCursorPlugin, yUndoPlugin } = await import("y-prosemirror");
  return {
    root: "prosemirror", kind: "xml",
    of: (doc) => doc.getXmlFragment("prosemirror"),
    open({ doc, awareness }) {
      const root = doc.getXmlFragment("prosemirror");
      const view = new EditorView(place(), { state: EditorState.create({ schema, plugins: [ySyncPlugin(root), yCursorPlugin(awareness), yUndoPlugin()] }) });
      // Where a text may stand: places in paragraphs, in order.
      const places = () => {
        const found = [];
        view.state.doc.descendants((node, at) => {
          if (node.isTextblock) for (let i = 0; i <= node.content.size; ++i) found.push(at + 1 + i);
        });
        return found;
      };
      const at = (index) => { const all = places(); return all[Math.min(index, all.length - 1)]; };
      const words = () => {
        const found = [];
        view.state.doc.descendants((node) => { if (node.isTextblock) found.push(node.textContent); });
        return found.join("\n");
      };
      const send = (transaction) => view.dispatch(transaction);
      return {
        words,
        type: (index, text) => send(view.state.tr.insertText(text, at(index))),
        remove: (index, length) => { const from = at(index), to = at(index + length); if (to > from) send(view.state.tr.delete(from, to)); },
        bold: (index, length) => { const from = at(index), to = at(index + length); if (to > from) send(view.state.tr.addMark(from, to, schema.marks.strong.create())); },
        split: (index) => send(view.state.tr.split(at(index))),
        shown: () => view.state.doc.toJSON(),
        close: () => view.destroy(),
      };
    },
  };
}

async function codeMirror() {
  await window_();
  const { EditorState } = await import("@codemirror/state");
  const { EditorView } = await import("@codemirror/view");
  const { yCollab } = await import("y-codemirror.next");
  return {
    root: "codemirror", kind: "text",
    of: (doc) => doc.getText("codemirror"),
    open({ doc, awareness }) {
      const root = doc.getText("codemirror");
      const view = new EditorView({ parent: place(), state: EditorState.create({ doc: root.toString(), extensions: [yCollab(root, awareness)] }) });
      const length = () => view.state.doc.length;
      const at = (index) => Math.min(index, length());
      return {
        words: () => view.state.doc.toString(),
        type: (index, insert) => view.dispatch({ changes: { from: at(index), insert }, selection: { anchor: at(index) } }),
        remove: (index, n) => view.dispatch({ changes: { from: at(index), to: at(index + n) } }),
        split: (index) => view.dispatch({ changes: { from: at(index), insert: "\n" } }),
        shown: () => view.state.doc.toString(),
        close: () => view.destroy(),
      };
    },
  };
}

async function quill() {
  await window_();
  const { default: Quill } = await import("quill");
  const { QuillBinding } = await import("y-quill");
  return {
    root: "quill", kind: "text",
    of: (doc) => doc.getText("quill"),
    open({ doc, awareness }) {
      const editor = new Quill(place());
      const binding = new QuillBinding(doc.getText("quill"), editor, awareness);
      const at = (index) => Math.min(index, editor.getLength() - 1);
      return {
        words: () => editor.getText(),
        type: (index, text) => editor.insertText(at(index), text, "user"),
        remove: (index, length) => { const from = at(index), n = Math.min(length, editor.getLength() - 1 - from); if (n > 0) editor.deleteText(from, n, "user"); },
        bold: (index, length) => { const from = at(index), n = Math.min(length, editor.getLength() - 1 - from); if (n > 0) editor.formatText(from, n, "bold", true, "user"); },
        split: (index) => editor.insertText(at(index), "\n", "user"),
        shown: () => editor.getContents().ops,
        close: () => binding.destroy(),
      };
    },
  };
}

// Without splits and formats: two people's at once are more than this binding can take ("yOffset out of bounds", with any server).
async function slate() {
  const { createEditor, Editor, Node, Text, Transforms } = createRequire(import.meta.url)("slate");
  const { withYjs, slateNodesToInsertDelta, YjsEditor } = await import("@slate-yjs/core");
  const { XmlText } = await import("yjs");
  return {
    root: "slate", kind: "xmltext", halves: true,
    of: (doc) => doc.get("slate", XmlText),
    // Slate has no empty document: the first who comes makes it.
    seed: (doc) => doc.get("slate", XmlText).applyDelta(slateNodesToInsertDelta([{ type: "paragraph", children: [{ text: "Start" }] }])),
    open({ doc }) {
      const editor = withYjs(createEditor(), doc.get("slate", XmlText));
      YjsEditor.connect(editor);
      const texts = () => [...Node.texts(editor)];
      const point = (index) => {
        const all = texts();
        for (const [node, path] of all) {
          if (index <= node.text.length) return { path, offset: index };
          index -= node.text.length + 1;
        }
        const [node, path] = all.at(-1);
        return { path, offset: node.text.length };
      };
      // Its changes are collected for a microtask; a keystroke is one change.
      const now = (change) => { change(); YjsEditor.flushLocalChanges(editor); };
      const range = (index, length) => {
        const anchor = point(index), offset = Math.min(anchor.offset + length, Node.get(editor, anchor.path).text.length);
        return offset > anchor.offset ? { anchor, focus: { path: anchor.path, offset } } : null;
      };
      return {
        words: () => texts().map(([node]) => node.text).join("\n"),
        type: (index, text) => now(() => Transforms.insertText(editor, text, { at: point(index) })),
        remove: (index, length) => now(() => { const at = range(index, length); if (at) Transforms.delete(editor, { at }); }),
        shown: () => structuredClone(Editor.isEditor(editor) ? editor.children : null),
        close: () => YjsEditor.disconnect(editor),
      };
    },
  };
}

async function lexical() {
  const { createHeadlessEditor } = await import("@lexical/headless");
  const { $createParagraphNode, $createTextNode, $getRoot, $createRangeSelection, $setSelection } = await import("lexical");
  const { createBinding, syncLexicalUpdateToYjs, syncYjsChangesToLexical } = await import("@lexical/yjs");
  const { XmlText } = await import("yjs");
  const cursors = () => {};  // there is no page to draw them on
  return {
    root: "root", kind: "xmltext", halves: true,
    // Lexical's own: between two Yjs documents in one process, without any server, its views differed in 11 of 60 runs while the
    // documents under them were equal (programs/editors_alone.mjs). So its documents are compared, not its views.
    drifts: true,
    of: (doc) => doc.get("root", XmlText),
    open({ doc, provider }) {
      const editor = createHeadlessEditor({ namespace: "test", onError: (error) => { throw error; } });
      const binding = createBinding(editor, provider, "main", doc, new Map([["main", doc]]));
      const hear = (events, transaction) => { if (transaction.origin !== binding) syncYjsChangesToLexical(binding, provider, events, false, cursors); };
      binding.root.getSharedType().observeDeep(hear);
      const stop = editor.registerUpdateListener(({ prevEditorState, editorState, dirtyElements, dirtyLeaves, normalizedNodes, tags }) => {
        if (tags.has("skip-collab")) return;
        syncLexicalUpdateToYjs(binding, provider, prevEditorState, editorState, dirtyElements, dirtyLeaves, normalizedNodes, tags);
      });
      // No cursor stays: Lexical throws where a later change from elsewhere has taken its node away.
      const now = (change) => editor.update(() => { change(); $setSelection(null); }, { discrete: true });
      const texts = () => $getRoot().getAllTextNodes();
      const point = (index) => {
        const all = texts();
        for (const node of all) {
          const length = node.getTextContentSize();
          if (index <= length) return [node, index];
          index -= length + 1;
        }
        return all.length > 0 ? [all.at(-1), all.at(-1).getTextContentSize()] : null;
      };
      const paragraph = () => {
        const made = $createParagraphNode();
        $getRoot().append(made);
        return made;
      };
      const select = (index, length) => {
        const found = point(index);
        if (!found) return null;
        const [node, from] = found, selection = $createRangeSelection();
        selection.anchor.set(node.getKey(), from, "text");
        selection.focus.set(node.getKey(), Math.min(from + length, node.getTextContentSize()), "text");
        $setSelection(selection);
        return selection;
      };
      return {
        words: () => editor.read(() => texts().map((node) => node.getTextContent()).join("\n")),
        type: (index, text) => now(() => {
          const found = point(index);
          if (!found) return void ($getRoot().getFirstChild() ?? paragraph()).append($createTextNode(text));
          found[0].spliceText(found[1], 0, text);
        }),
        remove: (index, length) => now(() => select(index, length)?.removeText()),
        bold: (index, length) => now(() => select(index, length)?.formatText("bold")),
        split: (index) => now(() => select(index, 0)?.insertParagraph()),
        shown: () => editor.getEditorState().toJSON().root,
        close: () => { stop(); binding.root.getSharedType().unobserveDeep(hear); },
      };
    },
  };
}

// Those without a window first: they would find the other ones'.
export const kEditors = [
  ["@slate-yjs/core", slate], ["@lexical/yjs", lexical], ["y-prosemirror", proseMirror], ["y-codemirror.next", codeMirror], ["y-quill", quill],
];
