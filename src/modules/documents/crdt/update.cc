#include "modules/documents/crdt/update.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "modules/documents/crdt/lib0.h"
#include "modules/documents/crdt/struct_codec.h"

namespace ashlar::crdt {

namespace {

// Structs in the order in which they come, with what is missing between those of one client as a
// Skip; none at a client's start or end. That a struct is under a key is said only where the key is
// said too, which is what yjs does with structs that it has not integrated.
class GapWriter {
 public:
  explicit GapWriter(Format format) : out_(format) {}

  void write(WireStruct s, Clock offset = 0) {
    flush();
    if (s.parent == WireStruct::Parent::kNeighbour) s.has_parent_sub = false;
    const Clock clock = s.id.clock + offset;
    if (!open_ || s.id.client != end_.client || clock < end_.clock) {
      out_.begin(s.id.client, clock);
      open_ = true;
    } else if (clock > end_.clock) {
      out_.skip(clock - end_.clock);
    }
    end_ = {s.id.client, s.end()};
    if (s.ref == Ref::kGc) {
      collected_ = s.length - offset;
    } else {
      out_.write(s, offset);
    }
  }

  // True: the last struct and this one, which follows it, were both collected, and are one now.
  bool extend_collected(const WireStruct& s, Clock offset) {
    if (collected_ == 0 || s.ref != Ref::kGc || s.id.clock + offset != end_.clock) return false;
    collected_ += s.length - offset;
    end_.clock = s.end();
    return true;
  }

  [[nodiscard]] std::optional<Id> end() const { return open_ ? std::optional(end_) : std::nullopt; }

  std::string finish(const DeleteSet& deleted) {
    flush();
    out_.deletes(deleted);
    return out_.finish();
  }

 private:
  void flush() {
    if (collected_ == 0) return;
    WireStruct s;
    s.length = collected_;
    out_.write(s);
    collected_ = 0;
  }

  UpdateWriter out_;
  bool open_ = false;
  Id end_;
  Clock collected_ = 0;  // the length of a last struct that was collected and is not written yet
};

// V2 doubles differences of clocks.
constexpr Clock kMaxClockOfV2 = kMaxInteger / 4;

bool fits_v2(const WireStruct& s) {
  return s.end() <= kMaxClockOfV2 && (!s.has_origin || s.origin.clock <= kMaxClockOfV2) &&
         (!s.has_right_origin || s.right_origin.clock <= kMaxClockOfV2) &&
         (s.parent != WireStruct::Parent::kItem || s.parent_item.clock <= kMaxClockOfV2);
}

void read_deletes(UpdateReader& reader, DeleteSet& out) {
  ClientId client = 0;
  Range range;
  std::vector<Range>* ranges = nullptr;
  ClientId last = 0;
  while (reader.next_deleted(client, range)) {
    if (ranges == nullptr || client != last) ranges = &out[client];
    last = client;
    ranges->push_back(range);
  }
}

base::Result<std::string> convert(std::string_view update, Format from, Format to) {
  UpdateReader reader(update, from);
  GapWriter out(to);
  WireStruct s;
  while (reader.next(s)) {
    if (to == Format::kV2 && !fits_v2(s)) return status_of(Fault::kMalformed).error();
    if (s.ref != Ref::kSkip) out.write(s);
  }
  DeleteSet deleted;
  read_deletes(reader, deleted);
  ASHLAR_TRY(reader.status());
  normalize(deleted);
  return out.finish(deleted);
}

struct Cursor {
  UpdateReader reader;
  WireStruct s;

  // False: at its end, or a fault. Skips are as if not there.
  bool advance() {
    while (reader.next(s)) {
      if (s.ref != Ref::kSkip) return true;
    }
    return false;
  }
};

// Which cursor's struct comes next: clients descending, clocks ascending, earlier updates first.
struct Turn {
  ClientId client;
  Clock clock;
  std::size_t cursor;

  // As the heap's order wants it: whether `other` comes first.
  bool operator<(const Turn& other) const {
    if (client != other.client) return client < other.client;
    if (clock != other.clock) return clock > other.clock;
    return cursor > other.cursor;
  }
};

class Merge {
 public:
  Merge(std::span<const std::string_view> updates, Format format) : out_(format) {
    cursors_.reserve(updates.size());
    for (const std::string_view update : updates) {
      cursors_.push_back({UpdateReader(update, format), {}});
    }
  }

  // None: an update's structs are not sorted; start again with all of them sorted().
  base::Result<std::optional<std::string>> run() {
    for (std::size_t i = 0; i < cursors_.size(); ++i) {
      if (cursors_[i].advance()) turns_.push_back(turn_of(i));
    }
    std::make_heap(turns_.begin(), turns_.end());
    while (!turns_.empty()) {
      std::pop_heap(turns_.begin(), turns_.end());
      const Turn turn = turns_.back();
      turns_.pop_back();
      if (!take_run(turn)) return std::optional<std::string>();
    }
    DeleteSet deleted;
    for (Cursor& cursor : cursors_) {
      read_deletes(cursor.reader, deleted);
      ASHLAR_TRY(cursor.reader.status());
    }
    normalize(deleted);
    return std::optional(out_.finish(deleted));
  }

 private:
  Turn turn_of(std::size_t i) const {
    const Id id = cursors_[i].s.id;
    return {id.client, id.clock, i};
  }

  // Writes the cursor's structs up to its next gap or client. False: they are not sorted.
  bool take_run(Turn turn) {
    Cursor& cursor = cursors_[turn.cursor];
    bool first = true;
    while (true) {
      write(cursor.s, first);
      first = false;
      const Id end{cursor.s.id.client, cursor.s.end()};
      if (!cursor.advance()) return true;
      turn = turn_of(turn.cursor);
      if (turn.client > end.client || (turn.client == end.client && turn.clock < end.clock)) {
        return false;
      }
      if (turn.client != end.client || turn.clock > end.clock) break;
    }
    turns_.push_back(turn);
    std::push_heap(turns_.begin(), turns_.end());
    return true;
  }

  // Where two updates meet, what was collected becomes one struct, as yjs has it.
  void write(const WireStruct& s, bool meets) {
    const std::optional<Id> end = out_.end();
    const bool same = end && end->client == s.id.client;
    if (same && s.end() <= end->clock) return;
    const Clock offset = same && end->clock > s.id.clock ? end->clock - s.id.clock : 0;
    if (meets && same && out_.extend_collected(s, offset)) return;
    out_.write(s, offset);
  }

  std::vector<Cursor> cursors_;
  std::vector<Turn> turns_;  // a heap
  GapWriter out_;
};

// Clients descending, clocks ascending: as they should be. Only for updates that nobody writes so.
base::Result<std::string> sorted(std::string_view update, Format format) {
  UpdateReader reader(update, format);
  std::vector<WireStruct> structs;
  for (WireStruct s; reader.next(s);) {
    if (s.ref != Ref::kSkip) structs.push_back(s);
  }
  DeleteSet deleted;
  read_deletes(reader, deleted);
  ASHLAR_TRY(reader.status());
  std::ranges::stable_sort(structs, [](const WireStruct& a, const WireStruct& b) {
    return a.id.client != b.id.client ? a.id.client > b.id.client : a.id.clock < b.id.clock;
  });
  GapWriter out(format);
  Id end;
  bool open = false;
  for (const WireStruct& s : structs) {
    const bool same = open && end.client == s.id.client;
    if (same && s.end() <= end.clock) continue;
    out.write(s, same && end.clock > s.id.clock ? end.clock - s.id.clock : 0);
    end = {s.id.client, s.end()};
    open = true;
  }
  normalize(deleted);
  return out.finish(deleted);
}

}  // namespace

base::Result<UpdateMeta> describe_update(std::string_view update, Format format) {
  UpdateReader reader(update, format);
  UpdateMeta meta;
  WireStruct s;
  while (reader.next(s)) {
    ++meta.structs;
    if (s.ref == Ref::kSkip) continue;
    const auto [from, fresh] = meta.from.try_emplace(s.id.client, s.id.clock);
    if (!fresh) from->second = std::min(from->second, s.id.clock);
    Clock& to = meta.to[s.id.client];
    to = std::max(to, s.end());
  }
  ClientId client = 0;
  Range range;
  while (reader.next_deleted(client, range)) ++meta.deleted_ranges;
  ASHLAR_TRY(reader.status());
  return meta;
}

base::Status check_update(std::string_view update, Format format) {
  UpdateReader reader(update, format);
  WireStruct s;
  while (reader.next(s)) {
  }
  ClientId client = 0;
  Range range;
  while (reader.next_deleted(client, range)) {
  }
  return reader.status();
}

base::Result<std::string> merge_updates(std::span<const std::string_view> updates, Format format) {
  if (updates.size() == 1) {
    ASHLAR_TRY(check_update(updates[0], format));
    return std::string(updates[0]);
  }
  ASHLAR_ASSIGN(std::optional<std::string> merged, Merge(updates, format).run());
  if (merged) return *std::move(merged);
  std::vector<std::string> owned;
  for (const std::string_view update : updates) {
    ASHLAR_ASSIGN(std::string one, sorted(update, format));
    owned.push_back(std::move(one));
  }
  const std::vector<std::string_view> views(owned.begin(), owned.end());
  ASHLAR_ASSIGN(merged, Merge(views, format).run());
  CHECK(merged.has_value());
  return *std::move(merged);
}

base::Result<std::string> diff_update(std::string_view update, const StateVector& have,
                                      Format format) {
  UpdateReader reader(update, format);
  GapWriter out(format);
  WireStruct s;
  StateVector::const_iterator known = have.end();
  while (reader.next(s)) {
    if (s.ref == Ref::kSkip) continue;
    if (known == have.end() || known->first != s.id.client) known = have.find(s.id.client);
    const Clock from = known == have.end() ? 0 : known->second;
    if (s.end() > from) out.write(s, from > s.id.clock ? from - s.id.clock : 0);
  }
  DeleteSet deleted;
  read_deletes(reader, deleted);
  ASHLAR_TRY(reader.status());
  normalize(deleted);
  return out.finish(deleted);
}

base::Result<StateVector> state_vector_of(std::string_view update, Format format) {
  UpdateReader reader(update, format);
  StateVector vector;
  WireStruct s;
  StateVector::iterator at = vector.end();
  while (reader.next(s)) {
    if (s.ref == Ref::kSkip) continue;
    if (at == vector.end() || at->first != s.id.client)
      at = vector.try_emplace(s.id.client, 0).first;
    if (s.id.clock <= at->second) at->second = std::max(at->second, s.end());
  }
  ClientId client = 0;
  Range range;
  while (reader.next_deleted(client, range)) {
  }
  ASHLAR_TRY(reader.status());
  std::erase_if(vector, [](const auto& entry) { return entry.second == 0; });
  return vector;
}

base::Result<std::string> to_v1(std::string_view update_v2) {
  return convert(update_v2, Format::kV2, Format::kV1);
}

base::Result<std::string> to_v2(std::string_view update_v1) {
  return convert(update_v1, Format::kV1, Format::kV2);
}

}  // namespace ashlar::crdt
