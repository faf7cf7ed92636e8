#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/columns.h"
#include "modules/documents/crdt/struct_codec.h"

namespace ashlar::crdt {

namespace {

constexpr int kOriginBit = 0x80;
constexpr int kRightOriginBit = 0x40;
constexpr int kParentSubBit = 0x20;

void write_id(std::string& out, Id id) {
  write_varuint(out, id.client);
  write_varuint(out, id.clock);
}

// `text` from `offset` units on, as JavaScript encodes it: of a cut pair U+FFFD is left.
std::string text_from(std::string_view text, Clock offset) {
  const Utf16Place place = utf16_place(text, offset);
  if (!place.in_pair) return std::string(text.substr(place.bytes));
  return std::string(kReplacement).append(text.substr(place.bytes + 4));
}

// The JSON was checked when it was read; what was not read may say what it likes.
void write_json_as_any(std::string& out, std::string_view json) {
  Any value;
  if (read_json(json, value) != Fault::kNone) value = {};
  write_any(out, value);
}

}  // namespace

class UpdateWriter::Columns {
 public:
  void client(ClientId client) { clients_.add(client); }
  void left(Id id) {
    clients_.add(id.client);
    left_clocks_.add(id.clock);
  }
  void right(Id id) {
    clients_.add(id.client);
    right_clocks_.add(id.clock);
  }
  void info(std::uint8_t info) { infos_.add(info); }
  void parent_info(bool root) { parent_infos_.add(root ? 1 : 0); }
  void type(TypeRef type) { types_.add(static_cast<std::uint64_t>(type)); }
  void length(Clock length) { lengths_.add(length); }
  void text(std::string_view text) { texts_.add(text); }
  // Every key is written as if for the first time, as yjs does.
  void key(std::string_view key) {
    key_clocks_.add(keys_++);
    texts_.add(key);
  }

  std::string finish() {
    std::string out(1, '\0');
    write_var_bytes(out, key_clocks_.finish());
    write_var_bytes(out, clients_.finish());
    write_var_bytes(out, left_clocks_.finish());
    write_var_bytes(out, right_clocks_.finish());
    write_var_bytes(out, infos_.bytes());
    write_var_bytes(out, texts_.finish());
    write_var_bytes(out, parent_infos_.bytes());
    write_var_bytes(out, types_.finish());
    write_var_bytes(out, lengths_.finish());
    return out;
  }

 private:
  DiffRunsWriter key_clocks_;
  UintRunsWriter clients_;
  DiffRunsWriter left_clocks_;
  DiffRunsWriter right_clocks_;
  RunsWriter infos_;
  TextsWriter texts_;
  RunsWriter parent_infos_;
  UintRunsWriter types_;
  UintRunsWriter lengths_;
  std::uint64_t keys_ = 0;
};

UpdateWriter::UpdateWriter(Format format)
    : columns_(format == Format::kV2 ? std::make_unique<Columns>() : nullptr) {}
UpdateWriter::~UpdateWriter() = default;
UpdateWriter::UpdateWriter(UpdateWriter&&) noexcept = default;
UpdateWriter& UpdateWriter::operator=(UpdateWriter&&) noexcept = default;

void UpdateWriter::begin(ClientId client, Clock clock) {
  end_group();
  client_ = client;
  clock_ = clock;
}

void UpdateWriter::end_group() {
  if (structs_ == 0) return;
  write_varuint(groups_, structs_);
  if (!columns_) write_varuint(groups_, client_);
  write_varuint(groups_, clock_);
  groups_ += group_;
  group_.clear();
  structs_ = 0;
  ++clients_;
}

void UpdateWriter::skip(Clock length) {
  WireStruct s;
  s.ref = Ref::kSkip;
  s.length = length;
  write(s);
}

void UpdateWriter::write(const WireStruct& s, Clock offset) {
  if (structs_++ == 0 && columns_) columns_->client(client_);
  if (s.is_item()) {
    write_item(s, offset);
    return;
  }
  const auto info = static_cast<std::uint8_t>(s.ref);
  if (columns_) {
    columns_->info(info);
  } else {
    group_ += static_cast<char>(info);
  }
  if (columns_ && s.ref == Ref::kGc) {
    columns_->length(s.length - offset);
  } else {
    write_varuint(group_, s.length - offset);
  }
}

void UpdateWriter::write_item(const WireStruct& s, Clock offset) {
  const bool has_origin = offset > 0 || s.has_origin;
  const Id origin = offset > 0 ? Id{s.id.client, s.id.clock + offset - 1} : s.origin;
  const auto info = static_cast<std::uint8_t>(
      static_cast<int>(s.ref) | (has_origin ? kOriginBit : 0) |
      (s.has_right_origin ? kRightOriginBit : 0) | (s.has_parent_sub ? kParentSubBit : 0));
  const bool tells_parent = !has_origin && !s.has_right_origin;
  const bool root = s.parent == WireStruct::Parent::kRoot;
  if (columns_) {
    columns_->info(info);
    if (has_origin) columns_->left(origin);
    if (s.has_right_origin) columns_->right(s.right_origin);
    if (tells_parent) {
      columns_->parent_info(root);
      if (root) columns_->text(s.root);
      if (!root) columns_->left(s.parent_item);
      if (s.has_parent_sub) columns_->text(s.parent_sub);
    }
    write_content_v2(s, offset);
    return;
  }
  group_ += static_cast<char>(info);
  if (has_origin) write_id(group_, origin);
  if (s.has_right_origin) write_id(group_, s.right_origin);
  if (tells_parent) {
    group_ += root ? '\1' : '\0';
    if (root) write_var_bytes(group_, s.root);
    if (!root) write_id(group_, s.parent_item);
    if (s.has_parent_sub) write_var_bytes(group_, s.parent_sub);
  }
  write_content(s, offset);
}

void UpdateWriter::write_content(const WireStruct& s, Clock offset) {
  switch (s.ref) {
    case Ref::kDeleted:
      write_varuint(group_, s.length - offset);
      break;
    case Ref::kJson:
    case Ref::kAny:
      write_varuint(group_, s.length - offset);
      group_ += s.content.substr(value_place(s.ref, s.content, offset));
      break;
    case Ref::kString:
      if (offset > 0) {
        write_var_bytes(group_, text_from(s.content, offset));
        break;
      }
      [[fallthrough]];
    case Ref::kBinary:
    case Ref::kEmbed:
      write_var_bytes(group_, s.content);
      break;
    case Ref::kFormat:
      write_var_bytes(group_, s.key);
      write_var_bytes(group_, s.content);
      break;
    case Ref::kType:
      group_ += static_cast<char>(s.type);
      if (has_name(s.type)) write_var_bytes(group_, s.key);
      break;
    case Ref::kDoc:
      write_var_bytes(group_, s.key);
      group_ += s.content;
      break;
    default:
      CHECK(false);
  }
}

void UpdateWriter::write_content_v2(const WireStruct& s, Clock offset) {
  Columns& columns = *columns_;
  switch (s.ref) {
    case Ref::kDeleted:
      columns.length(s.length - offset);
      break;
    case Ref::kJson: {
      columns.length(s.length - offset);
      Reader texts(s.content.substr(value_place(s.ref, s.content, offset)));
      while (!texts.at_end()) columns.text(texts.var_bytes());
      break;
    }
    case Ref::kAny:
      columns.length(s.length - offset);
      group_ += s.content.substr(value_place(s.ref, s.content, offset));
      break;
    case Ref::kString:
      if (offset > 0) {
        columns.text(text_from(s.content, offset));
      } else {
        columns.text(s.content);
      }
      break;
    case Ref::kBinary:
      write_var_bytes(group_, s.content);
      break;
    case Ref::kEmbed:
      write_json_as_any(group_, s.content);
      break;
    case Ref::kFormat:
      columns.key(s.key);
      write_json_as_any(group_, s.content);
      break;
    case Ref::kType:
      columns.type(s.type);
      if (has_name(s.type)) columns.key(s.key);
      break;
    case Ref::kDoc:
      columns.text(s.key);
      group_ += s.content;
      break;
    default:
      CHECK(false);
  }
}

void UpdateWriter::begin_deletes(std::size_t clients) {
  end_group();
  write_varuint(deletes_, clients);
}

void UpdateWriter::delete_client(ClientId client, std::size_t ranges) {
  write_varuint(deletes_, client);
  write_varuint(deletes_, ranges);
  delete_clock_ = 0;
}

void UpdateWriter::delete_range(Range range) {
  if (!columns_) {
    write_varuint(deletes_, range.clock);
    write_varuint(deletes_, range.length);
    return;
  }
  write_varuint(deletes_, range.clock - delete_clock_);
  write_varuint(deletes_, range.length - 1);
  delete_clock_ = range.clock + range.length;
}

void UpdateWriter::deletes(const DeleteSet& set) {
  begin_deletes(set.size());
  for (const auto& [client, ranges] : set) {
    delete_client(client, ranges.size());
    for (const Range& range : ranges) delete_range(range);
  }
}

std::string UpdateWriter::finish() {
  end_group();
  if (deletes_.empty()) write_varuint(deletes_, 0);
  std::string out = columns_ ? columns_->finish() : std::string();
  out.reserve(out.size() + 9 + groups_.size() + deletes_.size());
  write_varuint(out, clients_);
  out += groups_;
  out += deletes_;
  return out;
}

std::size_t value_place(Ref ref, std::string_view content, Clock offset) {
  Reader in(content);
  for (Clock i = 0; i < offset; ++i) {
    if (ref == Ref::kAny) {
      check_any(in);
    } else {
      in.var_bytes();
    }
  }
  CHECK(in.ok());
  return content.size() - in.remaining();
}

}  // namespace ashlar::crdt
