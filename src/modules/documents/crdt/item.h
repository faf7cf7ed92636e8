// Item: a run of units that one client inserted in one go, the node that a document is made of.
//
// Items of one place (a list, or one key of a map) are linked left to right in the order of the
// document; those that were deleted stay, as tombstones, because others may name them as their
// neighbours. A document holds one Item for each run, never one for each character: 64 bytes, one
// cache line, with 32-bit handles in the place of pointers (ItemArena), and small content inside.
//
//                 integrate()                delete_item()             collect()
//   on the wire ---------------> live --------------------------> deleted -----------> kDeleted
//        |                        |  ^                               |    (its own parent lives:
//        |  neighbour or parent   |  | split(), merge()              |     a tombstone in the list)
//        |  was collected         +--+ (runs, both ways)             |
//        +-----------------> kGc <-----------------------------------+
//                            (its parent was collected: out of every list, an id range only)
//
// Invariants
//  1. ids of one client's items do not overlap and leave no gap (ClientStructs).
//  2. left and right of an item have the same parent and the same key; no cycle.
//  3. origin and right_origin never change, but for the part that a split makes: its origin is the
//     unit before it. A kGc item has neither, nor parent, key and links.
//  4. An item under a key is live only where nothing is right of it: the last one is the value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "modules/documents/crdt/struct_codec.h"

namespace ashlar::crdt {

using ItemRef = std::uint32_t;      // of ItemArena; 0: none
using TypeIndex = std::uint32_t;    // of TypeTable; 0: none
using KeyIndex = std::uint32_t;     // of KeyTable
using ClientIndex = std::uint32_t;  // of StructStore

inline constexpr KeyIndex kNoKey = ~KeyIndex{0};
inline constexpr ClientIndex kNoClient = ~ClientIndex{0};
// Clocks are 32 bits in here: a document in which one client has inserted more is refused.
inline constexpr Clock kMaxClock = 0xffff'fff0;

struct ShortId {
  ClientIndex client = kNoClient;  // kNoClient: no id
  std::uint32_t clock = 0;

  [[nodiscard]] bool exists() const { return client != kNoClient; }
  friend bool operator==(const ShortId&, const ShortId&) = default;
};

struct SharedText;
struct SharedValues;
struct Blob;

struct Item {
  enum class Storage : std::uint8_t { kNone, kInline, kBlob, kShared };
  static constexpr std::size_t kInlineBytes = 16;
  static constexpr std::size_t kFormatInlineBytes = 12;

  // What `content` holds is for Contents alone to know (by ref and storage); but for the type.
  union Content {
    alignas(8) char bytes[kInlineBytes];
    struct {
      SharedText* buffer;
      std::uint32_t offset;  // units
    } text;
    struct {
      SharedValues* buffer;
      std::uint32_t offset;  // values
    } values;
    Blob* blob;
    struct {
      KeyIndex key;
      char bytes[kFormatInlineBytes];
    } small_format;
    struct {
      KeyIndex key;
      std::uint32_t unused;
      Blob* value;
    } format;
    TypeIndex type;
  };

  ShortId id;
  std::uint32_t length = 0;
  Ref ref = Ref::kGc;
  Storage storage = Storage::kNone;
  std::uint8_t inline_bytes = 0;
  bool deleted : 1 = false;
  bool wide : 1 = false;  // text that is kept inline: of 16-bit units, else of ASCII
  ShortId origin;
  ShortId right_origin;
  ItemRef left = 0;
  ItemRef right = 0;
  TypeIndex parent = 0;
  KeyIndex key = kNoKey;  // under a key of its parent
  Content content{};

  [[nodiscard]] std::uint32_t end() const { return id.clock + length; }
  [[nodiscard]] ShortId last_id() const { return {id.client, end() - 1}; }
  [[nodiscard]] bool is_gc() const { return ref == Ref::kGc; }
  // Counts in its parent's length.
  [[nodiscard]] bool countable() const {
    return ref != Ref::kDeleted && ref != Ref::kFormat && ref != Ref::kGc;
  }
  [[nodiscard]] bool visible() const { return !deleted && countable(); }
};
static_assert(sizeof(Item) == 64);

}  // namespace ashlar::crdt
