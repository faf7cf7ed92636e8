// A root as Markdown: XML as TipTap and ProseMirror write it, or a text with Quill's formats.
//
// Headings, paragraphs, lists (of tasks too), quotes, code, rules, images, tables; bold, italic,
// strike, code, links. What Markdown has no word for (underline, colour, alignment) is left out,
// its text is not; elements with names that nobody knows show what is in them. Beyond
// kMarkdownDepth nested blocks are shown side by side.
#pragma once

#include <string>

#include "modules/documents/crdt/struct_store.h"

namespace ashlar::crdt {

inline constexpr int kMarkdownDepth = 32;

std::string markdown_of(const StructStore& store, TypeIndex root);

}  // namespace ashlar::crdt
