#include "modules/documents/crdt/markdown_view.h"

#include <algorithm>
#include <vector>

#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/flat_list.h"
#include "modules/documents/crdt/markdown_inline.h"
#include "modules/documents/crdt/view.h"

namespace ashlar::crdt {
namespace {

using Blocks = std::vector<std::string>;

std::string joined(const Blocks& blocks, std::string_view between) {
  std::string out;
  for (const std::string& block : blocks) {
    if (&block != &blocks.front()) out += between;
    out += block;
  }
  return out;
}

// `first` before the first line, `rest` before the others; empty lines get no spaces at their end.
std::string indented(std::string_view text, std::string_view first, std::string_view rest) {
  std::string out(first);
  for (const char c : text) {
    out += c;
    if (c == '\n') out += rest;
  }
  std::string clean;
  for (std::string_view left = out; !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    std::string_view line = left.substr(0, end);
    if (line == rest) line = line.substr(0, line.find_last_not_of(' ') + 1);
    clean += line;
    if (end < left.size()) clean += '\n';
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return clean;
}

// bulletList and bullet_list are one.
std::string plain_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != '_' && c != '-') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

std::string text_of_value(const Any& value) {
  if (const auto* text = std::get_if<std::string>(&value.value)) return *text;
  if (std::holds_alternative<Null>(value.value) || std::holds_alternative<Undefined>(value.value)) {
    return {};
  }
  std::string out;
  write_json(out, value);
  return out;
}

std::string member_of(const Any& value, std::string_view key) {
  const auto* object = std::get_if<Object>(&value.value);
  if (object == nullptr) return {};
  for (const Member& member : *object) {
    if (member.key == key) return text_of_value(member.value);
  }
  return {};
}

int number_of(const std::string& text, int least, int most) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') break;
    value = std::min(most, value * 10 + (c - '0'));
  }
  return std::clamp(value, least, most);
}

// Formats by name; ProseMirror's that overlap have "--" and a hash behind it.
MarkdownMarks marks_of(const StructStore& store, const DeltaOp& op) {
  MarkdownMarks marks;
  for (const auto& [key, json] : op.attributes) {
    const std::string_view full = store.keys().name(key);
    const std::string_view name = full.substr(0, full.find("--"));
    if (json == "false") continue;
    if (name == "bold" || name == "strong") marks.bold = true;
    if (name == "italic" || name == "em") marks.italic = true;
    if (name == "strike" || name == "strikethrough") marks.strike = true;
    if (name == "code") marks.code = true;
    if (name != "link") continue;
    Any value;
    if (read_json(json, value) != Fault::kNone) continue;
    const auto* url = std::get_if<std::string>(&value.value);
    marks.link = url != nullptr ? *url : member_of(value, "href");
  }
  return marks;
}

std::string code_block(std::string_view text, std::string_view language) {
  const std::string fence = fence_for(text, 3);
  std::string head = fence;
  for (const char c : language) {
    if (c > ' ' && c != '`') head += c;
  }
  return head + '\n' + std::string(text) + (text.ends_with('\n') || text.empty() ? "" : "\n") +
         fence;
}

class Markdown {
 public:
  explicit Markdown(const StructStore& store) : store_(store) {}

  // What lies in a type: runs of text are paragraphs, elements are what their names say.
  Blocks blocks_in(TypeIndex index, int depth) {
    Blocks out;
    MarkdownLine line;
    const auto flush = [&] {
      if (!line.empty()) push(out, line.finish());
    };
    for_each_child(index, [&](TypeIndex child) {
      if (add_inline(child, line)) return;
      flush();
      for (std::string& block : blocks_of(child, depth)) push(out, std::move(block));
    });
    flush();
    return out;
  }

  // A text whose lines end with the formats of their blocks, as Quill has it.
  std::string lines_of(TypeIndex index) {
    std::string out;
    std::string code;
    std::string last;
    MarkdownLine line;
    std::string raw;
    const auto end_line = [&](const DeltaOp* op) {
      const std::string kind = op == nullptr ? "" : line_kind(*op);
      if (last == "code" && kind != "code") append_block(out, code_block(code, {}), "\n\n");
      if (kind == "code") {
        if (last != "code") code.clear();
        code += raw + '\n';
        line.finish();
      } else if (!line.empty()) {
        append_block(out, as_line(kind, line.finish()),
                     is_list(kind) && kind == last ? "\n" : "\n\n");
      }
      raw.clear();
      last = kind;
    };
    for (const DeltaOp& op : delta_ops(store_, index)) {
      if (op.embed != 0) {
        add_embed(op, line);
        continue;
      }
      std::string_view rest = op.text;
      for (std::size_t end = rest.find('\n'); end != std::string_view::npos;
           end = rest.find('\n')) {
        add_text(rest.substr(0, end), op, line);
        raw += rest.substr(0, end);
        end_line(&op);
        rest.remove_prefix(end + 1);
      }
      add_text(rest, op, line);
      raw += rest;
    }
    end_line(nullptr);
    return out;
  }

 private:
  template <class Act>
  void for_each_child(TypeIndex index, Act act) {
    for (ItemRef ref = store_.type(index).start; ref != 0; ref = store_.item(ref).right) {
      const Item& item = store_.item(ref);
      if (item.visible() && item.ref == Ref::kType) act(item.content.type);
    }
  }
  [[nodiscard]] std::string name_of(TypeIndex index) const {
    const Type& type = store_.type(index);
    return type.name == kNoKey ? std::string() : plain_name(store_.keys().name(type.name));
  }
  [[nodiscard]] std::string attribute(TypeIndex index, std::string_view key) const {
    const ItemRef ref = live_value(store_, store_.type(index), key);
    if (ref == 0 || store_.item(ref).ref == Ref::kType) return {};
    return text_of_value(value_at(store_.item(ref), store_.item(ref).length - 1));
  }
  static void push(Blocks& blocks, std::string block) {
    if (!block.empty()) blocks.push_back(std::move(block));
  }

  // False: it is a block.
  bool add_inline(TypeIndex child, MarkdownLine& line) {
    const TypeRef ref = store_.type(child).ref;
    if (ref == TypeRef::kXmlText || ref == TypeRef::kText) {
      for (const DeltaOp& op : delta_ops(store_, child)) {
        if (op.embed != 0) {
          add_embed(op, line);
        } else {
          line.text(op.text, marks_of(store_, op));
        }
      }
      return true;
    }
    const std::string name = name_of(child);
    if (name == "hardbreak" || name == "br") {
      line.hard_break();
    } else if (name == "image" || name == "img") {
      line.image(attribute(child, "src"), attribute(child, "alt"));
    } else if (name == "mention" || name == "emoji") {
      const std::string label = attribute(child, "label");
      const std::string shown = label.empty() ? attribute(child, "id") : label;
      line.text(name == "mention" ? '@' + shown : shown, {});
    } else {
      return false;
    }
    return true;
  }

  void add_embed(const DeltaOp& op, MarkdownLine& line) {
    const Item& item = store_.item(op.embed);
    if (item.ref == Ref::kType) return;
    const Any value = value_at(item, 0);
    const std::string source = member_of(value, "image");
    if (!source.empty()) line.image(source, member_of(value, "alt"));
  }
  void add_text(std::string_view text, const DeltaOp& op, MarkdownLine& line) {
    if (!text.empty()) line.text(text, marks_of(store_, op));
  }

  Blocks blocks_of(TypeIndex index, int depth) {
    const std::string name = name_of(index);
    if (depth >= kMarkdownDepth) return blocks_in(index, depth);
    if (name == "heading") {
      const int level = number_of(attribute(index, "level"), 1, 6);
      std::string text = joined(blocks_in(index, depth + 1), " ");
      std::ranges::replace(text, '\n', ' ');
      return {std::string(static_cast<std::size_t>(level), '#') + ' ' + text};
    }
    if (name == "horizontalrule" || name == "hr") return {"---"};
    if (name == "codeblock") return {code_block(raw_text(index), attribute(index, "language"))};
    if (name == "blockquote") {
      return {indented(joined(blocks_in(index, depth + 1), "\n\n"), "> ", "> ")};
    }
    if (name == "bulletlist" || name == "orderedlist" || name == "tasklist") {
      return {list(index, name, depth)};
    }
    if (name == "table") return {table(index, depth)};
    return blocks_in(index, name == "paragraph" ? depth : depth + 1);
  }

  std::string list(TypeIndex index, const std::string& name, int depth) {
    Blocks items;
    const std::string start = attribute(index, "start") + attribute(index, "order");
    int number = start.empty() ? 1 : number_of(start, 0, 999'999'999);
    bool tight = true;
    for_each_child(index, [&](TypeIndex child) {
      std::string mark = "- ";
      if (name == "orderedlist") mark = std::to_string(number) + ". ";
      if (number < 999'999'999) ++number;
      const std::string indent(mark.size(), ' ');
      if (name == "tasklist") mark += attribute(child, "checked") == "true" ? "[x] " : "[ ] ";
      const Blocks blocks = blocks_in(child, depth + 1);
      // A list within an item stands right below its text.
      const bool simple = blocks.size() < 2 || (blocks.size() == 2 && ends_with_list(child));
      tight = tight && simple;
      items.push_back(indented(joined(blocks, simple ? "\n" : "\n\n"), mark, indent));
      if (blocks.empty()) items.back() = mark.substr(0, mark.size() - 1);
    });
    return joined(items, tight ? "\n" : "\n\n");
  }

  bool ends_with_list(TypeIndex item) {
    std::string last;
    for_each_child(item, [&](TypeIndex child) { last = name_of(child); });
    return last == "bulletlist" || last == "orderedlist" || last == "tasklist";
  }

  std::string table(TypeIndex index, int depth) {
    std::string out;
    std::size_t columns = 0;
    for_each_child(index, [&](TypeIndex row) {
      std::string line = "|";
      std::size_t cells = 0;
      for_each_child(row, [&](TypeIndex cell) {
        std::string text = joined(blocks_in(cell, depth + 1), " ");
        std::erase(text, '\r');
        for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) {
          const bool broken = at > 0 && text[at - 1] == '\\';
          text.replace(broken ? at - 1 : at, broken ? 2 : 1, " ");
        }
        for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
          text.insert(at, 1, '\\');
        }
        line += ' ' + text + " |";
        ++cells;
      });
      if (cells == 0) return;
      if (!out.empty()) out += '\n';
      out += line;
      if (columns != 0) return;
      columns = cells;
      out += "\n|";
      for (std::size_t i = 0; i < columns; ++i) out += " --- |";
    });
    return out;
  }

  [[nodiscard]] std::string raw_text(TypeIndex index) const {
    std::string out;
    for (ItemRef ref = store_.type(index).start; ref != 0; ref = store_.item(ref).right) {
      const Item& item = store_.item(ref);
      if (item.deleted) continue;
      if (item.ref == Ref::kString) Contents::append_text(item, 0, item.length, out);
      if (item.ref != Ref::kType) continue;
      const std::string name = name_of(item.content.type);
      out += name == "hardbreak" ? "\n" : raw_text(item.content.type);
    }
    return out;
  }

  [[nodiscard]] std::string line_kind(const DeltaOp& op) const {
    for (const auto& [key, json] : op.attributes) {
      const std::string_view name = store_.keys().name(key);
      Any value;
      if (json == "false" || read_json(json, value) != Fault::kNone) continue;
      if (name == "header") return "h" + std::to_string(number_of(text_of_value(value), 1, 6));
      if (name == "list") return text_of_value(value);
      if (name == "blockquote") return "quote";
      if (name == "code-block") return "code";
    }
    return {};
  }
  static bool is_list(std::string_view kind) {
    return kind == "bullet" || kind == "ordered" || kind == "checked" || kind == "unchecked";
  }
  static std::string as_line(std::string_view kind, std::string text) {
    if (kind == "bullet") return "- " + text;
    if (kind == "ordered") return "1. " + text;
    if (kind == "checked") return "- [x] " + text;
    if (kind == "unchecked") return "- [ ] " + text;
    if (kind == "quote") return "> " + text;
    if (kind.size() == 2 && kind.front() == 'h') {
      return std::string(static_cast<std::size_t>(kind.back() - '0'), '#') + ' ' + text;
    }
    return text;
  }
  static void append_block(std::string& out, const std::string& block, std::string_view between) {
    if (!out.empty()) out += between;
    out += block;
  }

  const StructStore& store_;
};

}  // namespace

std::string markdown_of(const StructStore& store, TypeIndex root) {
  bool text = false;
  for (ItemRef ref = store.type(root).start; ref != 0 && !text; ref = store.item(ref).right) {
    const Item& item = store.item(ref);
    text = item.visible() && (item.ref == Ref::kString || item.ref == Ref::kEmbed);
  }
  Markdown markdown(store);
  std::string out = text ? markdown.lines_of(root) : joined(markdown.blocks_in(root, 0), "\n\n");
  if (!out.empty()) out += '\n';
  return out;
}

}  // namespace ashlar::crdt
