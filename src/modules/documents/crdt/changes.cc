#include "modules/documents/crdt/changes.h"

#include <algorithm>
#include <vector>

#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/view.h"

namespace ashlar::crdt {
namespace {

using Kind = ListStep::Kind;

std::string json_of(const StructStore& store, ItemRef item, std::uint32_t index) {
  std::string out;
  write_unit_json(store, store.item(item), index, out);
  return out.empty() ? "null" : out;
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (out.size() > 1) out += ',';
  write_json_string(out, key);
  out += ':';
  out += value;
}

// {"bold":true,"em":null}: what is to be in force, and of what was not, null.
std::string format_change(const Formats& from, const Formats& to) {
  std::string out = "{";
  for (const auto& format : to) {
    if (!std::ranges::binary_search(from, format)) append_member(out, format.first, format.second);
  }
  for (const auto& [key, value] : from) {
    if (!std::ranges::binary_search(to, key, {}, &Formats::value_type::first)) {
      append_member(out, key, "null");
    }
  }
  return out + '}';
}

// One delta; neighbours that say the same of more units are one.
class Delta {
 public:
  enum class Op : std::uint8_t { kNone, kRetain, kInsert, kDelete };

  void retain(std::uint64_t units, const std::string& attributes) {
    turn(Op::kRetain, attributes, Held::kNothing);
    units_ += units;
  }
  void text(Op op, std::uint64_t units, std::string_view text, const std::string& attributes) {
    turn(op, attributes, Held::kText);
    units_ += units;
    held_ += text;
  }
  void value(Op op, const std::string& json, const std::string& attributes, bool alone) {
    turn(op, attributes, alone ? Held::kOne : Held::kValues);
    ++units_;
    if (units_ > 1) held_ += ',';
    held_ += json;
  }
  // "" where nothing differs.
  std::string finish() {
    if (op_ == Op::kRetain && attributes_ == "{}") op_ = Op::kNone;
    flush();
    return out_.empty() ? out_ : '[' + std::move(out_) + ']';
  }
  [[nodiscard]] std::size_t size() const { return out_.size() + held_.size(); }

 private:
  enum class Held : std::uint8_t { kNothing, kText, kValues, kOne };

  void turn(Op op, const std::string& attributes, Held kind) {
    if (op == op_ && kind == kind_ && kind != Held::kOne && attributes == attributes_) return;
    flush();
    op_ = op;
    kind_ = kind;
    attributes_ = attributes;
  }
  void flush() {
    if (op_ == Op::kNone) return;
    if (!out_.empty()) out_ += ',';
    std::string content;
    if (kind_ == Held::kText) write_json_string(content, held_);
    if (kind_ == Held::kValues) content = '[' + held_ + ']';
    if (kind_ == Held::kOne) content = std::move(held_);
    std::string op = "{";
    if (op_ == Op::kInsert) append_member(op, "insert", content);
    if (op_ == Op::kRetain) append_member(op, "retain", std::to_string(units_));
    if (op_ == Op::kDelete) {
      append_member(op, "delete", std::to_string(units_));
      append_member(op, "old", content);
    }
    if (attributes_ != "{}" && op_ != Op::kDelete) append_member(op, "attributes", attributes_);
    out_ += op + '}';
    held_.clear();
    units_ = 0;
    op_ = Op::kNone;
  }

  std::string out_;
  Op op_ = Op::kNone;
  Held kind_ = Held::kNothing;
  std::string attributes_;
  std::string held_;
  std::uint64_t units_ = 0;
};

class Observer {
 public:
  Observer(const StructStore& from, const StructStore& to, std::size_t max_bytes)
      : from_(from), to_(to), max_bytes_(max_bytes) {}

  // `path`: JSON, with a comma before each step.
  void observe(TypeIndex from, TypeIndex to, const std::string& path) {
    if (truncated_ || effort_.is_spent()) return;
    const ListComparison list = compare_lists({from_, from}, {to_, to}, effort_);
    const std::vector<KeyStep> keys = compare_keys({from_, from}, {to_, to}, effort_);
    if (effort_.is_spent()) return;
    const std::string delta = delta_of(list);
    const std::string changed = keys_of(keys);
    if (!delta.empty() || changed.size() > 2) {
      std::string event = R"({"path":[)" + path.substr(path.empty() ? 0 : 1) + ']';
      if (!delta.empty()) append_member(event, "delta", delta);
      if (changed.size() > 2) append_member(event, "keys", changed);
      if (!out_.empty()) out_ += ',';
      out_ += event + '}';
    }
    std::uint64_t index = 0;
    for (const ListStep& step : list.steps) {
      if (step.within) {
        observe(type_in(from_, step.from.item), type_in(to_, step.to.item),
                path + ',' + std::to_string(index));
      }
      if (step.kind != Kind::kDelete) index += step.to.length;
    }
    for (const KeyStep& step : keys) {
      if (!step.within) continue;
      std::string name;
      write_json_string(name, step.key);
      observe(type_in(from_, step.from), type_in(to_, step.to), path + ',' + name);
    }
  }

  [[nodiscard]] bool is_spent() const { return effort_.is_spent(); }
  Changes finish() { return {'[' + std::move(out_) + ']', truncated_}; }

 private:
  static TypeIndex type_in(const StructStore& store, ItemRef item) {
    return store.item(item).content.type;
  }

  bool is_full(std::size_t more) {
    if (out_.size() + more > max_bytes_) truncated_ = true;
    return truncated_;
  }

  std::string delta_of(const ListComparison& list) {
    const auto has_text = [](const StructStore& store, const FlatList& flat) {
      return std::ranges::any_of(flat.slices, [&](const Slice& slice) {
        const Ref ref = store.item(slice.item).ref;
        return ref == Ref::kString || ref == Ref::kEmbed;
      });
    };
    const bool text = has_text(from_, list.from) || has_text(to_, list.to);
    Delta delta;
    for (const ListStep& step : list.steps) {
      if (is_full(delta.size())) break;
      if (step.kind == Kind::kKeep) {
        delta.retain(step.to.length, format_change(list.from.formats[step.from.formats],
                                                   list.to.formats[step.to.formats]));
      } else if (step.kind == Kind::kDelete) {
        add(delta, Delta::Op::kDelete, from_, step.from, "{}", text);
      } else {
        const std::string attributes = format_change({}, list.to.formats[step.to.formats]);
        add(delta, Delta::Op::kInsert, to_, step.to, attributes, text);
      }
    }
    return delta.finish();
  }

  void add(Delta& delta, Delta::Op op, const StructStore& store, const Slice& slice,
           const std::string& attributes, bool in_text) {
    const Item& item = store.item(slice.item);
    if (item.ref == Ref::kString) {
      std::string text;
      Contents::append_text(item, slice.offset, slice.offset + slice.length, text);
      return delta.text(op, slice.length, text, attributes);
    }
    for (std::uint32_t i = 0; i < slice.length && !is_full(delta.size()); ++i) {
      delta.value(op, json_of(store, slice.item, slice.offset + i), attributes, in_text);
    }
  }

  std::string keys_of(const std::vector<KeyStep>& keys) {
    std::string out = "{";
    for (const KeyStep& step : keys) {
      if (step.within) continue;
      if (is_full(out.size())) break;
      std::string change = "{";
      const bool both = step.from != 0 && step.to != 0;
      append_member(change, "action",
                    both           ? R"("update")"
                    : step.to != 0 ? R"("add")"
                                   : R"("delete")");
      const auto value = [](const StructStore& store, ItemRef item) {
        return json_of(store, item, store.item(item).length - 1);
      };
      if (step.from != 0) append_member(change, "old", value(from_, step.from));
      if (step.to != 0) append_member(change, "new", value(to_, step.to));
      append_member(out, step.key, change + '}');
    }
    return out + '}';
  }

  const StructStore& from_;
  const StructStore& to_;
  const std::size_t max_bytes_;
  Effort effort_;
  std::string out_;
  bool truncated_ = false;
};

}  // namespace

base::Result<Changes> changes_of(const StructStore& from, const StructStore& to,
                                 std::string_view root, std::size_t max_bytes) {
  Observer observer(from, to, max_bytes);
  observer.observe(from.find_root(root), to.find_root(root), "");
  if (!observer.is_spent()) return observer.finish();
  return too_costly();
}

}  // namespace ashlar::crdt
