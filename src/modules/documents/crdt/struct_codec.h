// Structs as they travel: reader and writer of updates, V1 and V2, one face for both.
//
// An update is groups of structs, one group a client, and a delete set. UpdateReader gives one
// struct after another without keeping them; every one that it gives has been checked: numbers
// within kMaxInteger, UTF-8 valid, values (any, JSON) well formed and not too deep, length > 0. It
// allocates nothing for V1; for V2 its columns' state and what has to be put together.
//
//   UpdateReader reader(bytes, format);
//   WireStruct s;
//   while (reader.next(s)) …;
//   ClientId client; Range range;
//   while (reader.next_deleted(client, range)) …;
//   ASHLAR_TRY(reader.status());
//
// Views in a WireStruct are into the input or into the reader: valid while both live.
//
// `content` is the same for V1 and V2, so that what was read as one can be written as the other:
//   kString  UTF-8            kBinary  the bytes          kAny    `length` values of lib0, one
//   after another kJson    `length` texts, each a JSON value or undefined, each with its length
//   before it kEmbed   JSON             kFormat  JSON, of `key`     kDoc    one value of lib0;
//   `key` is the guid kType    nothing; `key` is the name where `type` has one; kDeleted, kGc,
//   kSkip: nothing
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/documents/crdt/ids.h"
#include "modules/documents/crdt/lib0.h"
#include "modules/documents/crdt/update.h"

namespace ashlar::crdt {

enum class Ref : std::uint8_t {  // the wire's numbers
  kGc = 0,
  kDeleted = 1,
  kJson = 2,
  kBinary = 3,
  kString = 4,
  kEmbed = 5,
  kFormat = 6,
  kType = 7,
  kAny = 8,
  kDoc = 9,
  kSkip = 10,
};

enum class TypeRef : std::uint8_t {  // the wire's numbers
  kArray = 0,
  kMap = 1,
  kText = 2,
  kXmlElement = 3,  // has a name
  kXmlFragment = 4,
  kXmlHook = 5,  // has a name
  kXmlText = 6,
};
inline constexpr bool has_name(TypeRef type) {
  return type == TypeRef::kXmlElement || type == TypeRef::kXmlHook;
}

struct WireStruct {
  // Where the parent is told: by the neighbours (whenever there is an origin), or here.
  enum class Parent : std::uint8_t { kNeighbour, kRoot, kItem };

  Id id;
  Clock length = 0;  // > 0; id.clock + length <= kMaxInteger
  Ref ref = Ref::kGc;
  TypeRef type = TypeRef::kArray;  // of kType
  Parent parent = Parent::kNeighbour;
  bool has_origin = false;
  bool has_right_origin = false;
  // Under a key of its parent. The key itself is on the wire only where parent is not kNeighbour.
  bool has_parent_sub = false;
  Id origin;
  Id right_origin;
  Id parent_item;
  std::string_view root;        // of Parent::kRoot
  std::string_view parent_sub;  // where has_parent_sub, and parent is not kNeighbour
  std::string_view key;         // of kFormat, kDoc, kType
  std::string_view content;

  [[nodiscard]] bool is_item() const { return ref != Ref::kGc && ref != Ref::kSkip; }
  [[nodiscard]] Clock end() const { return id.clock + length; }
};

class UpdateReader {
 public:
  explicit UpdateReader(std::string_view update, Format format = Format::kV1);
  ~UpdateReader();
  UpdateReader(UpdateReader&&) noexcept;
  UpdateReader& operator=(UpdateReader&&) noexcept;

  // False: the structs are at their end, or something is wrong.
  bool next(WireStruct& out);
  // REQUIRES: next() has returned false. False: the ranges are at their end and the input too, or
  // something is wrong. As they are on the wire: not sorted, maybe touching or overlapping.
  bool next_deleted(ClientId& client, Range& range);
  // Of all that was read so far.
  [[nodiscard]] base::Status status() const { return status_of(fault()); }
  [[nodiscard]] Fault fault() const { return in_.fault(); }
  // Of the structs' groups, as the update claims (checked against its length).
  [[nodiscard]] std::uint64_t clients() const { return clients_; }

 private:
  class Columns;  // of V2

  bool next_group();
  bool read_item(std::uint8_t info, WireStruct& out);
  bool read_content(WireStruct& out);
  bool read_content_v2(WireStruct& out);
  bool end_structs();

  Reader in_;  // V2: the rest column; takes over every fault of the others
  std::unique_ptr<Columns> columns_;
  std::uint64_t clients_ = 0;
  std::uint64_t groups_left_ = 0;
  std::uint64_t structs_left_ = 0;  // of this group
  std::uint64_t struct_budget_ = 0;
  Id next_;
  bool in_deletes_ = false;
  std::uint64_t delete_clients_left_ = 0;
  std::uint64_t ranges_left_ = 0;
  ClientId delete_client_ = 0;
  Clock delete_clock_ = 0;  // V2 counts from the last range's end
};

// Writes an update: for each client, descending, begin() and its structs in order without gaps
// (gaps are kSkip); then deletes(); then finish(), once. begin() of a client that gets no structs
// writes nothing.
class UpdateWriter {
 public:
  explicit UpdateWriter(Format format = Format::kV1);
  ~UpdateWriter();
  UpdateWriter(UpdateWriter&&) noexcept;
  UpdateWriter& operator=(UpdateWriter&&) noexcept;

  void begin(ClientId client, Clock clock);
  // Without its first `offset` units: then its origin is the unit before. id.client and id.clock
  // matter only for that. REQUIRES: offset < s.length
  void write(const WireStruct& s, Clock offset = 0);
  void skip(Clock length);  // > 0

  void deletes(const DeleteSet& set);
  // One client's ranges at a time, instead of deletes(): sorted, descending clients, `clients` in
  // all.
  void begin_deletes(std::size_t clients);
  void delete_client(ClientId client, std::size_t ranges);
  void delete_range(Range range);

  [[nodiscard]] std::string finish();

 private:
  class Columns;

  void end_group();
  void write_item(const WireStruct& s, Clock offset);
  void write_content(const WireStruct& s, Clock offset);
  void write_content_v2(const WireStruct& s, Clock offset);

  std::string groups_;  // V1: all groups; V2: the rest column
  std::string group_;   // of the open one
  std::string deletes_;
  std::unique_ptr<Columns> columns_;
  std::size_t clients_ = 0;
  std::size_t structs_ = 0;  // in the open group
  ClientId client_ = 0;
  Clock clock_ = 0;
  Clock delete_clock_ = 0;
};

// Where unit `offset` of kAny's or kJson's content starts. REQUIRES: checked content, offset <= its
// length
std::size_t value_place(Ref ref, std::string_view content, Clock offset);

}  // namespace ashlar::crdt
