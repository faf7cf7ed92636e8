#include "modules/documents/crdt/columns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/random.h"

namespace ashlar::crdt {
namespace {

std::vector<std::uint64_t> numbers(base::Random& random) {
  std::vector<std::uint64_t> out;
  std::uint64_t value = 0;
  for (std::uint64_t i = random.below(40); i > 0; --i) {
    if (random.below(3) == 0) value = random.next() >> (13 + random.below(51));
    if (random.below(3) == 0) ++value;
    out.push_back(value);
  }
  return out;
}

TEST(ColumnsTest, RunsComeBack) {
  base::Random random(7);
  for (int round = 0; round < 2'000; ++round) {
    const auto wanted = numbers(random);
    RunsWriter runs;
    UintRunsWriter uints;
    DiffRunsWriter diffs;
    for (const std::uint64_t number : wanted) {
      runs.add(static_cast<std::uint8_t>(number));
      uints.add(number);
      diffs.add(number);
    }
    const std::string uint_bytes = uints.finish();
    const std::string diff_bytes = diffs.finish();
    Reader faults;
    RunsReader runs_in(runs.bytes());
    UintRunsReader uints_in(uint_bytes);
    DiffRunsReader diffs_in(diff_bytes);
    for (const std::uint64_t number : wanted) {
      ASSERT_EQ(runs_in.next(faults), static_cast<std::uint8_t>(number));
      ASSERT_EQ(uints_in.next(faults), number);
      ASSERT_EQ(diffs_in.next(faults), number);
    }
    ASSERT_TRUE(faults.ok());
    uints_in.next(faults);
    ASSERT_FALSE(faults.ok());
  }
}

TEST(ColumnsTest, TextsComeBack) {
  TextsWriter writer;
  const std::vector<std::string> wanted = {"", "abc", "", "é😀", "0123456789", "€"};
  for (const std::string& text : wanted) writer.add(text);
  const std::string bytes = writer.finish();
  Reader faults;
  TextsReader in(bytes, faults);
  for (const std::string& text : wanted) {
    std::uint64_t units = 0;
    EXPECT_EQ(in.next(faults, units), text);
    EXPECT_EQ(units, utf16_length(text));
  }
  EXPECT_TRUE(faults.ok());
  std::uint64_t units = 0;
  EXPECT_EQ(in.next(faults, units), "");
  EXPECT_FALSE(faults.ok());
}

// "a😀😀b" cut into texts of two units each: pairs are cut where JavaScript would cut them.
TEST(ColumnsTest, TextsThatCutPairs) {
  std::string bytes;
  write_var_bytes(bytes, "a😀😀b");
  write_varint(bytes, {2, true});
  write_varuint(bytes, 1);
  Reader faults;
  TextsReader in(bytes, faults);
  std::uint64_t units = 0;
  EXPECT_EQ(in.next(faults, units), "a\xef\xbf\xbd");
  EXPECT_EQ(in.next(faults, units), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(in.next(faults, units),
            "\xef\xbf\xbd"
            "b");
  EXPECT_TRUE(faults.ok());
}

TEST(ColumnsTest, HostileColumns) {
  Reader faults;
  std::uint64_t units = 0;
  std::string bytes;
  write_var_bytes(bytes, "abc");
  write_varint(bytes, {4, false});
  TextsReader texts(bytes, faults);
  EXPECT_EQ(texts.next(faults, units), "");
  EXPECT_EQ(units, 0U);
  EXPECT_EQ(faults.fault(), Fault::kMalformed);

  Reader below;
  DiffRunsReader diffs(std::string_view("\x42", 1));  // -2 doubled: -1
  EXPECT_EQ(diffs.next(below), 0U);
  EXPECT_EQ(below.fault(), Fault::kMalformed);

  Reader text_fault;
  const std::string no_text = *base::hex_decode("02c32801");
  TextsReader no_utf8(no_text, text_fault);
  EXPECT_EQ(text_fault.fault(), Fault::kText);
}

}  // namespace
}  // namespace ashlar::crdt
