#include "modules/documents/crdt/columns.h"

#include <utility>

namespace ashlar::crdt {

namespace {

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

void take_over(const Reader& in, Reader& faults) {
  if (!in.ok()) faults.fail(in.fault());
}

}  // namespace

std::uint8_t RunsReader::next(Reader& faults) {
  if (left_ == 0) {
    value_ = in_.byte();
    left_ = in_.at_end() ? ~std::uint64_t{0} : in_.varuint() + 1;
    take_over(in_, faults);
  }
  --left_;
  return value_;
}

std::uint64_t UintRunsReader::next(Reader& faults) {
  if (left_ == 0) {
    const VarInt number = in_.varint();
    value_ = number.magnitude;
    left_ = number.negative ? in_.varuint() + 2 : 1;
    take_over(in_, faults);
  }
  --left_;
  return value_;
}

std::uint64_t DiffRunsReader::next(Reader& faults) {
  if (left_ == 0) {
    const std::int64_t number = in_.varint().value();
    diff_ = number >> 1;
    left_ = (number & 1) != 0 ? in_.varuint() + 2 : 1;
    take_over(in_, faults);
  }
  --left_;
  value_ += diff_;
  if (value_ < 0 || std::cmp_greater(value_, kMaxInteger)) {
    value_ = 0;
    faults.fail(Fault::kMalformed);
  }
  return static_cast<std::uint64_t>(value_);
}

TextsReader::TextsReader(std::string_view column, Reader& faults) {
  Reader in(column);
  text_ = in.var_string();
  lengths_ = UintRunsReader(in);
  take_over(in, faults);
}

std::string_view TextsReader::next(Reader& faults, std::uint64_t& units) {
  units = lengths_.next(faults);
  const bool starts_in_pair = in_pair_ && units > 0;
  const std::uint64_t wanted = units + (starts_in_pair ? 1 : 0);
  // A text has at least as many bytes as units.
  const Utf16Place end = utf16_place(text_, wanted);
  if (!faults.ok() || wanted > text_.size() ||
      (end.bytes == text_.size() && !end.in_pair && utf16_length(text_) < wanted)) {
    faults.fail(Fault::kMalformed);
    units = 0;
    return {};
  }
  std::string_view text = text_.substr(0, end.bytes);
  text_.remove_prefix(end.bytes);
  if (starts_in_pair || end.in_pair) {
    std::string mended;
    if (starts_in_pair) {
      mended = kReplacement;
      // Its first character is of four bytes, of which the last text had the first half.
      if (!text.empty()) text.remove_prefix(4);
    }
    mended += text;
    if (end.in_pair) mended += kReplacement;
    text = mended_.emplace_back(std::move(mended));
  }
  if (units > 0) in_pair_ = end.in_pair;
  return text;
}

void RunsWriter::add(std::uint8_t value) {
  if (count_ > 0 && value == value_) {
    ++count_;
    return;
  }
  if (count_ > 0) write_varuint(out_, count_ - 1);
  out_ += static_cast<char>(value);
  value_ = value;
  count_ = 1;
}

void UintRunsWriter::add(std::uint64_t value) {
  if (count_ > 0 && value == value_) {
    ++count_;
    return;
  }
  flush();
  value_ = value;
  count_ = 1;
}

void UintRunsWriter::flush() {
  if (count_ == 0) return;
  write_varint(out_, {value_, count_ > 1});
  if (count_ > 1) write_varuint(out_, count_ - 2);
}

std::string UintRunsWriter::finish() {
  flush();
  count_ = 0;
  return std::move(out_);
}

void DiffRunsWriter::add(std::uint64_t value) {
  const auto number = static_cast<std::int64_t>(value);
  const std::int64_t diff = number - value_;
  value_ = number;
  if (count_ > 0 && diff == diff_) {
    ++count_;
    return;
  }
  flush();
  diff_ = diff;
  count_ = 1;
}

void DiffRunsWriter::flush() {
  if (count_ == 0) return;
  const std::int64_t coded = diff_ * 2 + (count_ > 1 ? 1 : 0);
  write_varint(out_, {magnitude(coded), coded < 0});
  if (count_ > 1) write_varuint(out_, count_ - 2);
}

std::string DiffRunsWriter::finish() {
  flush();
  count_ = 0;
  return std::move(out_);
}

void TextsWriter::add(std::string_view text) {
  text_ += text;
  lengths_.add(utf16_length(text));
}

std::string TextsWriter::finish() {
  std::string out;
  write_var_bytes(out, text_);
  return out + lengths_.finish();
}

}  // namespace ashlar::crdt
