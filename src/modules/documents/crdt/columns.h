// V2's columns: what the structs of an update have in common lies side by side, in runs.
//
//   Runs        bytes: value, then how often it comes once more; the last run has no end
//   UintRuns    varint, negative where a number follows: how often it comes, less 2
//   DiffRuns    the same of differences, doubled, odd where the number of repetitions follows
//   Texts       all texts as one, then their lengths in UTF-16 units as UintRuns
//
// The readers take what is hostile: they give 0 or nothing and set the fault of the Reader that
// they are asked with. A run may be of any length and costs nothing but the asking.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "modules/documents/crdt/lib0.h"

namespace ashlar::crdt {

class RunsReader {
 public:
  RunsReader() = default;
  explicit RunsReader(std::string_view column) : in_(column) {}
  std::uint8_t next(Reader& faults);

 private:
  Reader in_;
  std::uint8_t value_ = 0;
  std::uint64_t left_ = 0;
};

class UintRunsReader {
 public:
  UintRunsReader() = default;
  explicit UintRunsReader(Reader in) : in_(in) {}
  explicit UintRunsReader(std::string_view column) : in_(column) {}
  std::uint64_t next(Reader& faults);

 private:
  Reader in_;
  std::uint64_t value_ = 0;
  std::uint64_t left_ = 0;
};

class DiffRunsReader {
 public:
  DiffRunsReader() = default;
  explicit DiffRunsReader(std::string_view column) : in_(column) {}
  std::uint64_t next(Reader& faults);

 private:
  Reader in_;
  std::int64_t value_ = 0;
  std::int64_t diff_ = 0;
  std::uint64_t left_ = 0;
};

class TextsReader {
 public:
  TextsReader() = default;
  TextsReader(std::string_view column, Reader& faults);
  // A view into the column, or into this where a surrogate pair was cut. Sets `units`.
  std::string_view next(Reader& faults, std::uint64_t& units);

 private:
  std::string_view text_;
  UintRunsReader lengths_;
  bool in_pair_ = false;  // the last text ended with the first half of text_'s first character
  std::deque<std::string> mended_;
};

class RunsWriter {
 public:
  void add(std::uint8_t value);
  [[nodiscard]] const std::string& bytes() const { return out_; }

 private:
  std::string out_;
  std::uint8_t value_ = 0;
  std::uint64_t count_ = 0;
};

class UintRunsWriter {
 public:
  void add(std::uint64_t value);
  std::string finish();

 private:
  void flush();

  std::string out_;
  std::uint64_t value_ = 0;
  std::uint64_t count_ = 0;
};

class DiffRunsWriter {
 public:
  void add(std::uint64_t value);
  std::string finish();

 private:
  void flush();

  std::string out_;
  std::int64_t value_ = 0;
  std::int64_t diff_ = 0;
  std::uint64_t count_ = 0;
};

class TextsWriter {
 public:
  void add(std::string_view text);
  std::string finish();

 private:
  std::string text_;
  UintRunsWriter lengths_;
};

}  // namespace ashlar::crdt
