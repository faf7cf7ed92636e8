#include "modules/documents/crdt/comparison.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "modules/documents/crdt/common_runs.h"

namespace ashlar::crdt {
namespace {

using Kind = ListStep::Kind;
using Slices = std::vector<Slice>;

constexpr std::size_t kMostEdits = 512;       // of one shortest edit
constexpr std::size_t kShortest = 4;          // characters that are worth keeping amid changes
constexpr std::size_t kMostPassed = 64;       // of what goes, to find a type of a kind
constexpr std::uint32_t kValues = 0x110'000;  // symbols of what is no character

bool is_text(const StructStore& store, const Slice& slice) {
  return store.item(slice.item).ref == Ref::kString;
}

bool is_type(const StructStore& store, const Slice& slice) {
  return store.item(slice.item).ref == Ref::kType;
}

const Type& type_in(const StructStore& store, ItemRef item) {
  return store.type(store.item(item).content.type);
}

bool same_kind(const StructStore& a, ItemRef x, const StructStore& b, ItemRef y) {
  const Type& one = type_in(a, x);
  const Type& other = type_in(b, y);
  if (one.ref != other.ref) return false;
  if (!has_name(one.ref)) return true;
  const auto name = [](const StructStore& store, const Type& type) {
    return type.name == kNoKey ? std::string_view() : store.keys().name(type.name);
  };
  return name(a, one) == name(b, other);
}

Id id_of(const StructStore& store, const Slice& slice) {
  Id id = store.wire_id(store.item(slice.item).id);
  id.clock += slice.offset;
  return id;
}

bool same_type(const TypeState& a, const TypeState& b) {
  if (a.type == 0 || b.type == 0) return false;
  const Type& one = a.store.type(a.type);
  const Type& other = b.store.type(b.type);
  if (one.is_root() || other.is_root()) return one.is_root() && other.is_root();
  return a.store.wire_id(a.store.item(one.item).id) == b.store.wire_id(b.store.item(other.item).id);
}

// A part of a list whose units are in the other state's list too, or none of them.
struct Part {
  Slice slice;
  bool kept = false;
};

class Comparer {
 public:
  Comparer(const TypeState& from, const TypeState& to, Effort& effort)
      : from_(from), to_(to), effort_(effort) {}

  ListComparison run() {
    out_.from = flatten(from_.store, from_.type, effort_);
    out_.to = flatten(to_.store, to_.type, effort_);
    if (same_type(from_, to_) && by_id()) return std::move(out_);
    out_.steps.clear();
    between(out_.from.slices, out_.to.slices);
    return std::move(out_);
  }

 private:
  // False: what both have does not stand in the same order.
  bool by_id() {
    const std::vector<Part> from = parts(from_, out_.from.slices, to_);
    const std::vector<Part> to = parts(to_, out_.to.slices, from_);
    std::size_t i = 0;
    std::size_t j = 0;
    Slices gone;
    Slices come;
    while (i < from.size() || j < to.size()) {
      for (; i < from.size() && !from[i].kept; ++i) append(gone, from[i].slice);
      for (; j < to.size() && !to[j].kept; ++j) append(come, to[j].slice);
      between(gone, come);
      gone.clear();
      come.clear();
      if (effort_.is_spent() || (i == from.size() && j == to.size())) return true;
      if (i == from.size() || j == to.size()) return false;
      const Slice& a = from[i++].slice;
      const Slice& b = to[j++].slice;
      if (a.length != b.length || id_of(from_.store, a) != id_of(to_.store, b)) return false;
      keep(a, b, is_type(from_.store, a));
    }
    return true;
  }

  // What is next to each other is one again: a boundary may lie amid a surrogate pair.
  static void append(Slices& slices, const Slice& slice) {
    if (!slices.empty() && slices.back().item == slice.item &&
        slices.back().offset + slices.back().length == slice.offset) {
      slices.back().length += slice.length;
    } else {
      slices.push_back(slice);
    }
  }

  std::vector<Part> parts(const TypeState& own, const Slices& slices, const TypeState& other) {
    std::vector<Part> out;
    for (const Slice& slice : slices) {
      for (std::uint32_t at = 0; at < slice.length && effort_.spend(1);) {
        const Part part = next_part(own, slice.part(at, slice.length - at), other);
        at += part.slice.length;
        out.push_back(part);
      }
    }
    return out;
  }

  // The longest beginning of `rest` of which one thing can be said.
  Part next_part(const TypeState& own, const Slice& rest, const TypeState& other) {
    const Id id = id_of(own.store, rest);
    const ClientIndex client = other.store.find_client(id.client);
    if (client == kNoClient || id.clock >= other.store.client(client).end()) return {rest, false};
    const ItemRef ref = other.store.find({client, static_cast<std::uint32_t>(id.clock)});
    const Item& item = other.store.item(ref);
    const auto offset = static_cast<std::uint32_t>(id.clock) - item.id.clock;
    Slice slice = rest;
    slice.length = std::min(rest.length, item.length - offset);
    const Item& mine = own.store.item(rest.item);
    const bool there =
        item.visible() && item.parent == other.type && item.key == kNoKey && item.ref == mine.ref;
    if (!there) return {slice, false};
    if (item.ref != Ref::kString) return {slice, true};
    // A pair of surrogates that was cut in one state is two U+FFFD there.
    effort_.spend(slice.length);
    return {slice, Contents::same_text(mine, slice.offset, item, offset, slice.length)};
  }

  // What stands between two units that stay, by content.
  void between(const Slices& gone, const Slices& come) {
    if (gone.empty() || come.empty()) return replace(gone, come);
    const Tokens a = tokens(from_.store, gone);
    const Tokens b = tokens(to_.store, come);
    if (effort_.is_spent()) return;
    const std::size_t cost = a.symbols.size() + b.symbols.size() + kMostEdits * kMostEdits;
    const bool cheap = effort_.can_spare(cost);
    if (cheap) effort_.spend(cost);
    Place x;
    Place y;
    for (const CommonRun& run :
         worth_keeping(a, b, common_runs(a.symbols, b.symbols, cheap ? kMostEdits : 0))) {
      replace(take(a, gone, x, run.a), take(b, come, y, run.b));
      keep_all(take(a, gone, x, run.a + run.length), take(b, come, y, run.b + run.length));
    }
    replace(take(a, gone, x, a.symbols.size()), take(b, come, y, b.symbols.size()));
  }

  // Characters, and whatever else is one unit; equal symbols are equal content.
  struct Tokens {
    std::vector<std::uint32_t> symbols;
    [[nodiscard]] static std::uint32_t units(std::uint32_t symbol) {
      return symbol > 0xffff && symbol < kValues ? 2 : 1;
    }
  };
  Tokens tokens(const StructStore& store, const Slices& slices) {
    Tokens out;
    std::string content;
    for (const Slice& slice : slices) {
      if (is_text(store, slice)) {
        content.clear();
        Contents::append_text(store.item(slice.item), slice.offset, slice.offset + slice.length,
                              content);
        if (!effort_.spend(content.size())) return out;
        append_characters(content, out.symbols);
        continue;
      }
      for (std::uint32_t i = 0; i < slice.length && !effort_.is_spent(); ++i) {
        content.clear();
        write_content(store, slice.part(i, 1), content, effort_);
        const auto fresh = kValues + static_cast<std::uint32_t>(values_.size());
        out.symbols.push_back(values_.emplace(std::move(content), fresh).first->second);
      }
    }
    return out;
  }

  static void append_characters(std::string_view text, std::vector<std::uint32_t>& out) {
    for (std::size_t i = 0; i < text.size();) {
      const auto lead = static_cast<unsigned char>(text[i]);
      const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      std::uint32_t symbol = bytes == 1 ? lead : lead & (0x7fu >> bytes);
      for (std::size_t k = 1; k < bytes && i + k < text.size(); ++k) {
        symbol = symbol << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3fu);
      }
      out.push_back(symbol);
      i += bytes;
    }
  }

  // A letter here and there that happens to be in both makes no edit better to read.
  static std::vector<CommonRun> worth_keeping(const Tokens& a, const Tokens& b,
                                              std::vector<CommonRun> runs) {
    std::erase_if(runs, [&](const CommonRun& run) {
      const bool inside = (run.a > 0 || run.b > 0) && (run.a + run.length < a.symbols.size() ||
                                                       run.b + run.length < b.symbols.size());
      if (!inside || run.length >= kShortest) return false;
      const auto first = a.symbols.begin() + static_cast<std::ptrdiff_t>(run.a);
      return std::all_of(first, first + static_cast<std::ptrdiff_t>(run.length),
                         [](std::uint32_t symbol) { return symbol < kValues; });
    });
    return runs;
  }

  struct Place {
    std::size_t token = 0;
    std::size_t slice = 0;
    std::uint32_t offset = 0;
  };
  // The slices of the tokens up to `end`.
  static Slices take(const Tokens& tokens, const Slices& slices, Place& at, std::size_t end) {
    Slices out;
    std::uint64_t units = 0;
    for (; at.token < end; ++at.token) units += Tokens::units(tokens.symbols[at.token]);
    while (units > 0) {
      const Slice& slice = slices[at.slice];
      const auto length =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(units, slice.length - at.offset));
      out.push_back(slice.part(at.offset, length));
      units -= length;
      at.offset += length;
      if (at.offset < slice.length) continue;
      ++at.slice;
      at.offset = 0;
    }
    return out;
  }

  void keep_all(const Slices& a, const Slices& b) {
    std::size_t i = 0;
    std::size_t j = 0;
    std::uint32_t x = 0;
    std::uint32_t y = 0;
    while (i < a.size() && j < b.size()) {
      const std::uint32_t length = std::min(a[i].length - x, b[j].length - y);
      keep(a[i].part(x, length), b[j].part(y, length), false);
      x += length;
      y += length;
      if (x == a[i].length) ++i, x = 0;
      if (y == b[j].length) ++j, y = 0;
    }
  }

  void keep(const Slice& from, const Slice& to, bool within) {
    out_.steps.push_back({Kind::kKeep, from, to, within});
  }

  // Types of a kind take each other's place, in order.
  void replace(const Slices& gone, const Slices& come) {
    std::size_t i = 0;
    for (const Slice& slice : come) {
      std::size_t pair = gone.size();
      if (is_type(to_.store, slice)) {
        const std::size_t end = std::min(gone.size(), i + kMostPassed);
        for (pair = i; pair < end; ++pair) {
          if (is_type(from_.store, gone[pair]) &&
              same_kind(from_.store, gone[pair].item, to_.store, slice.item)) {
            break;
          }
        }
        if (pair == end) pair = gone.size();
      }
      if (pair == gone.size()) {
        out_.steps.push_back({Kind::kInsert, {}, slice, false});
        continue;
      }
      for (; i < pair; ++i) out_.steps.push_back({Kind::kDelete, gone[i], {}, false});
      keep(gone[i++], slice, true);
    }
    for (; i < gone.size(); ++i) out_.steps.push_back({Kind::kDelete, gone[i], {}, false});
  }

  const TypeState& from_;
  const TypeState& to_;
  Effort& effort_;
  ListComparison out_;
  std::unordered_map<std::string, std::uint32_t> values_;
};

}  // namespace

ListComparison compare_lists(const TypeState& from, const TypeState& to, Effort& effort) {
  return Comparer(from, to, effort).run();
}

std::vector<KeyStep> compare_keys(const TypeState& from, const TypeState& to, Effort& effort) {
  std::map<std::string_view, KeyStep> all;
  const auto add = [&](const TypeState& state, ItemRef KeyStep::* side) {
    const Type& type = state.store.type(state.type);
    if (!type.keyed) return;
    for (const auto& [key, value] : type.keyed->entries()) {
      if (state.store.item(value).deleted || !effort.spend(1)) continue;
      const std::string_view name = state.store.keys().name(key);
      KeyStep& step = all.emplace(name, KeyStep{.key = name}).first->second;
      step.*side = value;
    }
  };
  add(from, &KeyStep::from);
  add(to, &KeyStep::to);
  std::vector<KeyStep> out;
  for (auto& [key, step] : all) {
    if (step.from != 0 && step.to != 0) {
      const Slice a = last_unit(from.store, step.from);
      const Slice b = last_unit(to.store, step.to);
      if (is_type(from.store, a) && is_type(to.store, b)) {
        step.within = same_kind(from.store, a.item, to.store, b.item);
      } else if (!is_type(from.store, a) && !is_type(to.store, b)) {
        std::string one;
        std::string other;
        write_content(from.store, a, one, effort);
        write_content(to.store, b, other, effort);
        if (one == other) continue;
      }
    }
    out.push_back(step);
  }
  return out;
}

base::Error too_costly() {
  return base::fail(base::Code::kInvalid, "comparison_too_costly",
                    "the two states differ in too much to find out in what");
}

}  // namespace ashlar::crdt
