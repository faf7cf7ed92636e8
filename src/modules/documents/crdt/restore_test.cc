#include "modules/documents/crdt/restore.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/doc.h"

namespace ashlar::crdt {
namespace {

Doc copy_of(const Doc& doc, ClientId client) {
  Doc out({.client = client});
  EXPECT_TRUE(out.apply(doc.encode()).ok());
  return out;
}

std::string views(const Doc& doc) {
  return doc.delta("t") + doc.json("m", RootKind::kMap) + doc.json("a", RootKind::kArray);
}

// Restores in a copy, and sees that the update does the same to the document.
std::string restore(Doc& doc, const Doc& then, ClientId client) {
  Doc copy = copy_of(doc, client);
  const auto update = copy.restore(then);
  EXPECT_TRUE(update.ok());
  EXPECT_TRUE(doc.apply(*update).ok());
  EXPECT_EQ(views(doc), views(copy));
  return *update;
}

// Each character with its formats: a delta may say the same in more runs than one.
std::string characters(const Doc& doc) {
  Any delta;
  EXPECT_EQ(read_json(doc.delta("t"), delta), Fault::kNone);
  std::string out;
  for (const Any& run : std::get<Array>(delta.value)) {
    std::vector<std::string> formats;
    std::string text;
    for (const Member& member : std::get<Object>(run.value)) {
      if (member.key == "insert") text = std::get<std::string>(member.value.value);
      if (member.key != "attributes") continue;
      for (const Member& format : std::get<Object>(member.value.value)) {
        formats.push_back(format.key);
        write_json(formats.back(), format.value);
      }
    }
    std::ranges::sort(formats);
    for (const char c : text) {
      out += c;
      for (const std::string& format : formats) out += '<' + format + '>';
    }
  }
  return out;
}

TEST(Restore, WhatStaysIsNotTouched) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.insert_text("t", 0, "one two three").ok());
  const Doc then = copy_of(doc, 0);
  ASSERT_TRUE(doc.remove("t", 4, 4).ok());
  ASSERT_TRUE(doc.insert_text("t", 9, "!").ok());
  const auto place = doc.relative_position("t", 6);  // amid three
  ASSERT_TRUE(place.ok());
  const std::string update = restore(doc, then, 2);
  EXPECT_EQ(doc.text("t"), "one two three");
  EXPECT_EQ(*doc.absolute_position(*place), 10u);
  EXPECT_EQ(doc.state_vector().at(2), 4u);  // "two " alone is new
  // What it reads as already takes nothing.
  EXPECT_EQ(restore(doc, then, 3), std::string(2, '\0'));
}

TEST(Restore, FormatsEmbedsAndKeys) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.insert_text("t", 0, "plain bold", {}).ok());
  ASSERT_TRUE(doc.format_text("t", 6, 4, {{"bold", {true}}}).ok());
  ASSERT_TRUE(doc.set_key("m", "k", {std::string("old")}).ok());
  ASSERT_TRUE(doc.set_key("m", "gone", {Integer{1, false}}).ok());
  ASSERT_TRUE(doc.insert_values("a", 0, {{Integer{1, false}}, {Null{}}}).ok());
  const Doc then = copy_of(doc, 0);
  ASSERT_TRUE(doc.format_text("t", 0, 8, {{"bold", {Null{}}}, {"italic", {true}}}).ok());
  ASSERT_TRUE(doc.set_key("m", "k", {std::string("new")}).ok());
  ASSERT_TRUE(doc.set_key("m", "more", {true}).ok());
  ASSERT_TRUE(doc.remove_key("m", "gone").ok());
  ASSERT_TRUE(doc.remove("a", 0, 1).ok());
  ASSERT_TRUE(doc.insert_text("new root", 0, "x").ok());
  restore(doc, then, 2);
  EXPECT_EQ(doc.delta("t"), then.delta("t"));
  EXPECT_EQ(doc.json("m", RootKind::kMap), R"({"k":"old","gone":1})");
  EXPECT_EQ(doc.json("a", RootKind::kArray), "[1,null]");
  EXPECT_EQ(doc.text("new root"), "");
}

TEST(Restore, WhatOthersWriteMeanwhileIsMerged) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.insert_text("t", 0, "hello").ok());
  const Doc then = copy_of(doc, 0);
  ASSERT_TRUE(doc.remove("t", 0, 5).ok());
  Doc other = copy_of(doc, 5);
  Doc copy = copy_of(doc, 2);
  const auto restored = copy.restore(then);
  ASSERT_TRUE(restored.ok());
  const auto typed = other.insert_text("t", 0, " world");
  ASSERT_TRUE(typed.ok());
  ASSERT_TRUE(doc.apply(*typed).ok());
  ASSERT_TRUE(doc.apply(*restored).ok());
  ASSERT_TRUE(other.apply(*restored).ok());
  EXPECT_EQ(doc.text("t"), "hello world");
  EXPECT_EQ(other.text("t"), "hello world");
}

TEST(Restore, OfAnUnrelatedDocument) {
  Doc doc({.client = 1});
  Doc then({.client = 9});
  ASSERT_TRUE(doc.insert_text("t", 0, "some words here").ok());
  ASSERT_TRUE(then.insert_text("t", 0, "other words there").ok());
  restore(doc, then, 2);
  EXPECT_EQ(doc.text("t"), "other words there");
}

TEST(Restore, WhatIsTooLargeLeavesNothing) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.insert_text("t", 0, std::string(100'000, 'x')).ok());
  const Doc then = copy_of(doc, 0);
  ASSERT_TRUE(doc.remove("t", 0, 100'000).ok());
  ASSERT_TRUE(doc.insert_text("t", 0, "new").ok());
  Doc copy = copy_of(doc, 2);
  copy.set_limits({.bytes = 50'000});
  EXPECT_STREQ(copy.restore(then).error().reason, "document_too_large");
  EXPECT_EQ(copy.text("t"), "new");
  EXPECT_EQ(copy.encode(), doc.encode());
}

TEST(Restore, RandomTextsToAnyOfTheirVersions) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    Doc doc({.client = 1});
    std::vector<Doc> versions;
    ClientId client = 10;
    for (int step = 0; step < 40; ++step) {
      const std::uint64_t length = doc.length("t");
      const std::uint64_t at = random() % (length + 1);
      const std::uint64_t some = std::min<std::uint64_t>(length - at, random() % 5);
      const Object formats{{random() % 2 == 0 ? "bold" : "em", {random() % 2 == 0}}};
      switch (random() % 5) {
        case 0:
          ASSERT_TRUE(doc.insert_text("t", at, "\xf0\x9f\x98\x80", formats).ok());
          break;
        case 1:
          ASSERT_TRUE(doc.insert_text("t", at, "words").ok());
          break;
        case 2:
          ASSERT_TRUE(doc.format_text("t", at, some, formats).ok());
          break;
        case 3:
          ASSERT_TRUE(doc.remove("t", at, some).ok());
          break;
        default:
          if (!versions.empty() && random() % 2 == 0) {
            const Doc& then = versions[random() % versions.size()];
            restore(doc, then, ++client);
            ASSERT_EQ(characters(doc), characters(then)) << "round " << round << " step " << step;
          }
          versions.push_back(copy_of(doc, 0));
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::crdt
