#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/columns.h"
#include "modules/documents/crdt/struct_codec.h"

namespace ashlar::crdt {

namespace {

constexpr std::uint8_t kOriginBit = 0x80;
constexpr std::uint8_t kRightOriginBit = 0x40;
constexpr std::uint8_t kParentSubBit = 0x20;
constexpr std::uint8_t kRefBits = 0x1f;

// Runs let a few bytes of V2 claim any number of structs; so many more than its bytes are taken.
constexpr std::uint64_t kStructsBeyondBytes = 1'000'000;

// Who reads `count` values one after another: the bytes that they take. `take` reads one.
template <class Take>
std::string_view values(Reader& in, std::uint64_t count, Take take) {
  const char* from = in.position();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) take(in);
  if (!in.ok()) return {};
  return {from, static_cast<std::size_t>(in.position() - from)};
}

void check_json_of(Reader& faults, std::string_view text) {
  if (const Fault fault = check_json(text); fault != Fault::kNone) faults.fail(fault);
}

// Of kJson, which writes undefined as the word.
void check_json_value(Reader& faults, std::string_view text) {
  if (text != "undefined") check_json_of(faults, text);
}

}  // namespace

class UpdateReader::Columns {
 public:
  Columns(Reader& in) {  // NOLINT(*-explicit-*)
    key_clocks_ = DiffRunsReader(in.var_bytes());
    clients_ = UintRunsReader(in.var_bytes());
    left_clocks_ = DiffRunsReader(in.var_bytes());
    right_clocks_ = DiffRunsReader(in.var_bytes());
    infos_ = RunsReader(in.var_bytes());
    texts_ = TextsReader(in.var_bytes(), in);
    parent_infos_ = RunsReader(in.var_bytes());
    types_ = UintRunsReader(in.var_bytes());
    lengths_ = UintRunsReader(in.var_bytes());
  }

  ClientId client(Reader& in) { return clients_.next(in); }
  Id left(Reader& in) {
    const ClientId client = clients_.next(in);
    return {client, left_clocks_.next(in)};
  }
  Id right(Reader& in) {
    const ClientId client = clients_.next(in);
    return {client, right_clocks_.next(in)};
  }
  std::uint8_t info(Reader& in) { return infos_.next(in); }
  std::uint8_t parent_info(Reader& in) { return parent_infos_.next(in); }
  std::uint64_t type(Reader& in) { return types_.next(in); }
  std::uint64_t length(Reader& in) { return lengths_.next(in); }
  std::string_view text(Reader& in) {
    std::uint64_t units = 0;
    return texts_.next(in, units);
  }
  std::string_view text(Reader& in, std::uint64_t& units) { return texts_.next(in, units); }

  std::string_view key(Reader& in) {
    const std::uint64_t number = key_clocks_.next(in);
    if (number < keys_.size()) return keys_[static_cast<std::size_t>(number)];
    return keys_.emplace_back(text(in));
  }

  // The next value of the rest column as JSON.
  std::string_view json(Reader& in) {
    Any value;
    if (!read_any(in, value)) return {};
    std::string text;
    write_json(text, value);
    if (text.empty()) in.fail(Fault::kMalformed);  // undefined is no JSON
    return keep(std::move(text));
  }

  std::string_view keep(std::string&& text) { return kept_.emplace_back(std::move(text)); }

 private:
  DiffRunsReader key_clocks_;
  UintRunsReader clients_;
  DiffRunsReader left_clocks_;
  DiffRunsReader right_clocks_;
  RunsReader infos_;
  TextsReader texts_;
  RunsReader parent_infos_;
  UintRunsReader types_;
  UintRunsReader lengths_;
  std::vector<std::string_view> keys_;
  std::deque<std::string> kept_;
};

UpdateReader::UpdateReader(std::string_view update, Format format) : in_(update) {
  struct_budget_ = update.size();
  if (format == Format::kV2) {
    struct_budget_ += kStructsBeyondBytes;
    if (in_.byte() != 0) in_.fail(Fault::kMalformed);
    columns_ = std::make_unique<Columns>(in_);
  }
  clients_ = in_.count(2);
  if (clients_ > kMaxClients) {
    in_.fail(Fault::kTooMany);
    clients_ = 0;
  }
  groups_left_ = clients_;
}

UpdateReader::~UpdateReader() = default;
UpdateReader::UpdateReader(UpdateReader&&) noexcept = default;
UpdateReader& UpdateReader::operator=(UpdateReader&&) noexcept = default;

bool UpdateReader::next_group() {
  if (!in_.ok() || groups_left_ == 0) return end_structs();
  --groups_left_;
  structs_left_ = in_.varuint();
  next_.client = columns_ ? columns_->client(in_) : in_.varuint();
  next_.clock = in_.varuint();
  if (structs_left_ > struct_budget_) {
    in_.fail(columns_ ? Fault::kTooMany : Fault::kMalformed);
  }
  struct_budget_ -= structs_left_;
  return in_.ok();
}

bool UpdateReader::end_structs() {
  if (!in_deletes_) {
    in_deletes_ = true;
    structs_left_ = groups_left_ = 0;
    delete_clients_left_ = in_.count(2);
    if (delete_clients_left_ > kMaxClients) in_.fail(Fault::kTooMany);
  }
  return false;
}

bool UpdateReader::next(WireStruct& out) {
  if (in_deletes_) return false;
  while (structs_left_ == 0) {
    if (!next_group()) return end_structs();
  }
  --structs_left_;
  const std::uint8_t info = columns_ ? columns_->info(in_) : in_.byte();
  out.id = next_;
  out.length = 1;
  out.ref = static_cast<Ref>(info & kRefBits);
  out.parent = WireStruct::Parent::kNeighbour;
  out.has_origin = out.has_right_origin = out.has_parent_sub = false;
  out.key = out.content = out.root = out.parent_sub = {};
  if (out.ref == Ref::kGc) {
    out.length = columns_ ? columns_->length(in_) : in_.varuint();
  } else if (out.ref == Ref::kSkip) {
    out.length = in_.varuint();
  } else {
    read_item(info, out);
  }
  if (out.length == 0 || out.length > kMaxInteger - next_.clock) in_.fail(Fault::kMalformed);
  if (!in_.ok()) return end_structs();
  next_.clock += out.length;
  return true;
}

bool UpdateReader::read_item(std::uint8_t info, WireStruct& out) {
  const auto checked = [this](Id id) {
    // Nobody could know what comes after himself.
    if (id.client == next_.client && id.clock >= next_.clock) in_.fail(Fault::kMalformed);
    return id;
  };
  const auto read_id = [this] {
    const ClientId client = in_.varuint();
    return Id{client, in_.varuint()};
  };
  out.has_origin = (info & kOriginBit) != 0;
  out.has_right_origin = (info & kRightOriginBit) != 0;
  out.has_parent_sub = (info & kParentSubBit) != 0;
  if (out.has_origin) out.origin = checked(columns_ ? columns_->left(in_) : read_id());
  if (out.has_right_origin) {
    out.right_origin = checked(columns_ ? columns_->right(in_) : read_id());
  }
  if (!out.has_origin && !out.has_right_origin) {
    const std::uint64_t kind = columns_ ? columns_->parent_info(in_) : in_.varuint();
    if (kind > 1) in_.fail(Fault::kMalformed);
    if (kind == 1) {
      out.parent = WireStruct::Parent::kRoot;
      out.root = columns_ ? columns_->text(in_) : in_.var_string();
    } else {
      out.parent = WireStruct::Parent::kItem;
      out.parent_item = checked(columns_ ? columns_->left(in_) : read_id());
    }
    if (out.has_parent_sub) {
      out.parent_sub = columns_ ? columns_->text(in_) : in_.var_string();
    }
  }
  return columns_ ? read_content_v2(out) : read_content(out);
}

bool UpdateReader::read_content(WireStruct& out) {
  switch (out.ref) {
    case Ref::kDeleted:
      out.length = in_.varuint();
      break;
    case Ref::kJson:
      out.length = in_.count(2);
      out.content =
          values(in_, out.length, [](Reader& in) { check_json_value(in, in.var_string()); });
      break;
    case Ref::kBinary:
      out.content = in_.var_bytes();
      break;
    case Ref::kString:
      out.content = in_.var_string();
      out.length = utf16_length(out.content);
      break;
    case Ref::kEmbed:
      out.content = in_.var_string();
      check_json_of(in_, out.content);
      break;
    case Ref::kFormat:
      out.key = in_.var_string();
      out.content = in_.var_string();
      check_json_of(in_, out.content);
      break;
    case Ref::kType: {
      const std::uint64_t type = in_.varuint();
      if (type > static_cast<std::uint64_t>(TypeRef::kXmlText)) in_.fail(Fault::kMalformed);
      out.type = static_cast<TypeRef>(type);
      if (has_name(out.type)) out.key = in_.var_string();
      break;
    }
    case Ref::kAny:
      out.length = in_.count(1);
      out.content = values(in_, out.length, [](Reader& in) { check_any(in); });
      break;
    case Ref::kDoc:
      out.key = in_.var_string();
      out.content = values(in_, 1, [](Reader& in) { check_any(in); });
      break;
    default:
      in_.fail(Fault::kMalformed);
  }
  return in_.ok();
}

bool UpdateReader::read_content_v2(WireStruct& out) {
  Columns& columns = *columns_;
  switch (out.ref) {
    case Ref::kDeleted:
      out.length = columns.length(in_);
      break;
    case Ref::kJson: {
      out.length = columns.length(in_);
      std::string all;
      for (Clock i = 0; i < out.length && in_.ok(); ++i) {
        const std::string_view text = columns.text(in_);  // not empty, so of bounded number
        check_json_value(in_, text);
        write_var_bytes(all, text);
      }
      out.content = columns.keep(std::move(all));
      break;
    }
    case Ref::kBinary:
      out.content = in_.var_bytes();
      break;
    case Ref::kString:
      out.content = columns.text(in_, out.length);
      break;
    case Ref::kEmbed:
      out.content = columns.json(in_);
      break;
    case Ref::kFormat:
      out.key = columns.key(in_);
      out.content = columns.json(in_);
      break;
    case Ref::kType: {
      const std::uint64_t type = columns.type(in_);
      if (type > static_cast<std::uint64_t>(TypeRef::kXmlText)) in_.fail(Fault::kMalformed);
      out.type = static_cast<TypeRef>(type);
      if (has_name(out.type)) out.key = columns.key(in_);
      break;
    }
    case Ref::kAny:
      out.length = columns.length(in_);
      if (out.length > in_.remaining()) in_.fail(Fault::kMalformed);
      out.content = values(in_, out.length, [](Reader& in) { check_any(in); });
      break;
    case Ref::kDoc:
      out.key = columns.text(in_);
      out.content = values(in_, 1, [](Reader& in) { check_any(in); });
      break;
    default:
      in_.fail(Fault::kMalformed);
  }
  return in_.ok();
}

bool UpdateReader::next_deleted(ClientId& client, Range& range) {
  while (true) {
    while (ranges_left_ == 0) {
      if (delete_clients_left_ == 0 || !in_.ok()) {
        if (!in_.at_end()) in_.fail(Fault::kMalformed);
        return false;
      }
      --delete_clients_left_;
      delete_client_ = in_.varuint();
      ranges_left_ = in_.count(2);
      delete_clock_ = 0;
    }
    --ranges_left_;
    range.clock = in_.varuint() + delete_clock_;
    range.length = in_.varuint() + (columns_ ? 1 : 0);
    if (!in_.ok()) return false;
    if (range.clock > kMaxInteger || range.length > kMaxInteger - range.clock) {
      in_.fail(Fault::kMalformed);
      return false;
    }
    if (columns_) delete_clock_ = range.clock + range.length;
    client = delete_client_;
    if (range.length > 0) return true;  // of none, nothing is deleted
  }
}

}  // namespace ashlar::crdt
