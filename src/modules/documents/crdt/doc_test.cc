#include "modules/documents/crdt/doc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "modules/documents/crdt/item.h"
#include "modules/documents/crdt/struct_codec.h"

namespace ashlar::crdt {
namespace {

std::string unhex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

Doc reader_of(std::string_view hex) {
  Doc doc({});
  const auto applied = doc.apply(unhex(hex));
  EXPECT_TRUE(applied.ok());
  return doc;
}

// Made by yjs 13.6.33.
constexpr std::string_view kHi = "0101010004010174066869f09f988000";
constexpr std::string_view kHiDeleted = "010301000401017401688101000184010104f09f98800101010101";
constexpr std::string_view kXml =
    "010b0700070101780303446976280007000269640177026e312800070005636c6173730177"
    "0362696707000700060400"
    "070306706c61696e208607090162027b7d84070a04626f6c6486070e0162046e756c6c8607"
    "0f0161147b226872656622"
    "3a2275222c227a223a2231227d84071005206c696e6b8607150161046e756c6c00";
constexpr std::string_view kMap =
    "010c09002801016d0162017d012801016d02313001782801016d0132017e2801016d017501"
    "7f2801016d0166017c3fc0"
    "00002301016d0562797465730201ff2701016d036172720008000906047d017e7701787601"
    "016b75027b444b1ae4d6e2"
    "ef507d402701016d03737562012700090b0174020400090c02696e2901016d03646f630267"
    "31760000";
constexpr std::string_view kDelta =
    "01070300040101740548656c6c6f8403040620776f726c6446030004626f6c640474727565"
    "c60304030504626f6c6404"
    "6e756c6cc6030c03050577696474680133c5030d0305117b22696d616765223a22692e706e"
    "67227dc6030e0305057769"
    "647468046e756c6c00";

TEST(Doc, IsWhatYjsMadeAndWritesItAgain) {
  for (const auto hex : {kHi, kHiDeleted, kXml, kMap, kDelta}) {
    const Doc doc = reader_of(hex);
    EXPECT_EQ(doc.encode(), unhex(hex));
    Doc second({});
    ASSERT_TRUE(second.apply(doc.encode(Format::kV2), Format::kV2).ok());
    EXPECT_EQ(second.encode(), unhex(hex));
  }
  EXPECT_EQ(encode_state_vector(reader_of(kHi).state_vector()), unhex("010104"));
}

TEST(Doc, Views) {
  EXPECT_EQ(reader_of(kHi).text("t"), "hi😀");
  EXPECT_EQ(reader_of(kHi).length("t"), 4u);
  EXPECT_EQ(reader_of(kHiDeleted).text("t"), "h😀");
  const Doc xml = reader_of(kXml);
  constexpr auto kMarkup =
      R"(<div class="big" id="n1">plain <b>bold</b><a href="u" z="1"> link</a></div>)";
  EXPECT_EQ(xml.text("x"), kMarkup);
  EXPECT_EQ(
      xml.json("x", RootKind::kXmlFragment),
      R"("<div class=\"big\" id=\"n1\">plain <b>bold</b><a href=\"u\" z=\"1\"> link</a></div>")");
  EXPECT_EQ(reader_of(kMap).json("m", RootKind::kMap),
            R"({"2":null,"10":true,"b":1,"f":1.5,"bytes":{"0":1,"1":255},)"
            R"("arr":[1,null,"x",{"k":[1e+21,0]}],"sub":{"t":"in"},"doc":{}})");
  EXPECT_EQ(reader_of(kDelta).delta("t"),
            R"([{"insert":"Hello","attributes":{"bold":true}},)"
            R"({"insert":{"image":"i.png"},"attributes":{"width":3}},{"insert":" world"}])");
  EXPECT_EQ(reader_of(kMap).roots(), std::vector<std::string>{"m"});
  EXPECT_EQ(Doc({}).text("nothing"), "");
  EXPECT_EQ(Doc({}).json("nothing", RootKind::kMap), "{}");
}

// One struct of one unit or more, between the ids given.
std::string insertion(Id id, std::string_view text, std::optional<Id> left,
                      std::optional<Id> right) {
  UpdateWriter writer;
  writer.begin(id.client, id.clock);
  WireStruct s;
  s.id = id;
  s.length = text.size();
  s.ref = Ref::kString;
  s.content = text;
  s.has_origin = left.has_value();
  s.has_right_origin = right.has_value();
  s.origin = left.value_or(Id{});
  s.right_origin = right.value_or(Id{});
  if (!left && !right) {
    s.parent = WireStruct::Parent::kRoot;
    s.root = "t";
  }
  writer.write(s);
  writer.deletes({});
  return writer.finish();
}

TEST(Doc, TheExampleOfTheDocumentationInEveryOrder) {
  const Id a{1, 0};
  const Id b{1, 1};
  std::vector<std::string> updates = {
      insertion({1, 0}, "AB", {}, {}),     insertion({5, 0}, "x", a, b),
      insertion({5, 1}, "y", Id{5, 0}, b), insertion({3, 0}, "m", a, b),
      insertion({9, 0}, "!", a, b),
  };
  std::ranges::sort(updates);
  std::string bytes;
  do {
    Doc doc({});
    for (const auto& update : updates) ASSERT_TRUE(doc.apply(update).ok());
    ASSERT_EQ(doc.text("t"), "Amxy!B");
    ASSERT_FALSE(doc.has_pending());
    if (bytes.empty()) bytes = doc.encode();
    ASSERT_EQ(doc.encode(), bytes);
  } while (std::ranges::next_permutation(updates).found);
}

TEST(Doc, WhatComesTooEarlyWaitsAndIsPassedOn) {
  const auto first = insertion({1, 0}, "ab", {}, {});
  const auto second = insertion({2, 0}, "cd", Id{1, 1}, {});
  const auto third = insertion({2, 2}, "ef", Id{2, 1}, {});
  Doc doc({});
  auto applied = doc.apply(third);
  ASSERT_TRUE(applied.ok());
  EXPECT_FALSE(applied->changed);
  EXPECT_TRUE(applied->pending);
  EXPECT_EQ(doc.missing(), (StateVector{{2, 2}}));
  ASSERT_TRUE(doc.apply(second)->pending);
  EXPECT_EQ(doc.missing(), (StateVector{{1, 2}}));
  EXPECT_TRUE(doc.state_vector().empty());

  Doc other({});
  ASSERT_TRUE(other.apply(doc.encode()).ok());
  for (Doc* each : {&doc, &other}) {
    applied = each->apply(first);
    ASSERT_TRUE(applied.ok());
    EXPECT_TRUE(applied->changed);
    EXPECT_FALSE(applied->complete);
    EXPECT_FALSE(applied->pending);
    EXPECT_EQ(each->text("t"), "abcdef");
    EXPECT_EQ(each->size().pending_bytes, 0u);
    Doc third_party({});
    ASSERT_TRUE(third_party.apply(applied->change).ok());
    EXPECT_EQ(third_party.text("t"), "abcdef");
  }
}

TEST(Doc, DeletionsWaitToo) {
  UpdateWriter writer;
  writer.deletes({{1, {{1, 1}}}});
  Doc doc({});
  EXPECT_TRUE(doc.apply(writer.finish())->pending);
  Doc other({});
  ASSERT_TRUE(other.apply(doc.encode()).ok());
  const auto applied = other.apply(insertion({1, 0}, "abc", {}, {}));
  ASSERT_TRUE(applied.ok());
  EXPECT_FALSE(applied->complete);
  EXPECT_EQ(other.text("t"), "ac");
  EXPECT_EQ(other.delete_set(), (DeleteSet{{1, {{1, 1}}}}));
  EXPECT_FALSE(other.has_pending());
}

TEST(Doc, SaysWhatChanged) {
  const auto ab = insertion({1, 0}, "ab", {}, {});
  const auto abc = insertion({1, 0}, "abc", {}, {});
  Doc doc({});
  auto applied = doc.apply(ab);
  EXPECT_TRUE(applied->changed && applied->complete && applied->change.empty());
  applied = doc.apply(ab);
  EXPECT_TRUE(!applied->changed && !applied->complete && applied->change.empty());
  applied = doc.apply(abc);
  EXPECT_TRUE(applied->changed && !applied->complete);
  EXPECT_EQ(applied->change, insertion({1, 2}, "c", Id{1, 1}, {}));
  EXPECT_EQ(doc.encode(), abc);
}

// Inserts at the start from many clients who did not know of each other.
std::vector<std::string> conflicting(int clients) {
  std::vector<std::string> out;
  for (int i = 1; i <= clients; ++i) {
    out.push_back(insertion({static_cast<ClientId>(i), 0}, "x", {}, {}));
  }
  return out;
}

// Each was within its limit; as one snapshot they are not, and must be readable all the same.
TEST(Doc, WhatWasAcceptedCanBeReadBack) {
  Doc doc({.limits = {.conflict_steps = 50}});
  for (const auto& update : conflicting(40)) ASSERT_TRUE(doc.apply(update).ok());
  Doc stranger({.limits = {.bytes = 1, .conflict_steps = 5}});
  EXPECT_FALSE(stranger.apply(doc.encode()).ok());
  Doc loaded({.limits = {.bytes = 1, .conflict_steps = 5}});
  loaded.set_limits(DocLimits::of_stored());
  ASSERT_TRUE(loaded.apply(doc.encode()).ok());
  EXPECT_EQ(loaded.encode(), doc.encode());
}

TEST(Doc, ARefusedUpdateLeavesNothing) {
  Doc doc({.limits = {.conflict_steps = 50}});
  for (const auto& update : conflicting(40)) ASSERT_TRUE(doc.apply(update).ok());
  UpdateWriter pair;  // 😀 in one item, to be torn
  WireStruct s;
  s.id = {50, 0};
  s.length = 2;
  s.ref = Ref::kString;
  s.content = "😀";
  s.parent = WireStruct::Parent::kRoot;
  s.root = "u";
  pair.begin(50, 0);
  pair.write(s);
  pair.deletes({});
  ASSERT_TRUE(doc.apply(pair.finish()).ok());
  const std::string before = doc.encode();
  const auto size = doc.size();

  UpdateWriter writer;
  for (ClientId client : {103, 102, 101}) {
    writer.begin(client, 0);
    s.id = {client, 0};
    s.root = "t";
    s.content = "new";
    s.length = 3;
    s.has_origin = client == 103;
    s.parent = s.has_origin ? WireStruct::Parent::kNeighbour : WireStruct::Parent::kRoot;
    s.origin = {50, 0};  // amid the pair
    writer.write(s);
  }
  writer.deletes({{1, {{0, 1}}}});
  const auto refused = doc.apply(writer.finish());
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "update_too_costly");
  EXPECT_EQ(doc.encode(), before);
  EXPECT_EQ(doc.text("u"), "😀");
  EXPECT_EQ(doc.size().structs, size.structs);
  EXPECT_EQ(doc.size().clients, size.clients);
  ASSERT_TRUE(doc.apply(conflicting(41).back()).ok());
}

TEST(Doc, ARefusedMapIsAsItWas) {
  Doc writer({.client = 1});
  const auto one = writer.set_key("m", "k", Any{Integer{1}});
  const auto two = writer.set_key("m", "k", Any{std::string(3000, 'x')});
  ASSERT_TRUE(one.ok() && two.ok());
  Doc measure({});
  ASSERT_TRUE(measure.apply(*one).ok());
  Doc doc({.limits = {.bytes = measure.size().bytes + 1000}});
  ASSERT_TRUE(doc.apply(*one).ok());
  const std::string before = doc.encode();
  const auto refused = doc.apply(*two);
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "document_too_large");
  EXPECT_EQ(doc.encode(), before);
  EXPECT_EQ(doc.json("m", RootKind::kMap), R"({"k":1})");
  EXPECT_TRUE(doc.delete_set().empty());
}

TEST(Doc, HostileUpdatesAreRefused) {
  const std::pair<std::string, const char*> cases[] = {
      {insertion({1, 5}, "a", Id{1, 5}, {}), "update_malformed"},  // its own origin
      {insertion({1, 5}, "a", {}, Id{1, 9}), "update_malformed"},
      {insertion({1, kMaxClock}, "a", {}, {}), "document_too_large"},
      {unhex("0101010004010174066869f09f9880"), "update_malformed"},  // cut off
      {"", "update_malformed"},
  };
  for (const auto& [update, reason] : cases) {
    Doc doc({});
    const auto refused = doc.apply(update);
    ASSERT_FALSE(refused.ok());
    EXPECT_STREQ(refused.error().reason, reason);
    EXPECT_EQ(doc.encode(), unhex("0000"));
  }
  Doc doc({.limits = {.pending_bytes = 1000}});
  const auto refused = [&] {
    for (Clock clock = 1;; ++clock) {
      const auto applied = doc.apply(insertion({7, clock}, "waits", {}, {}));
      if (!applied.ok()) return applied.error().reason;
    }
  }();
  EXPECT_STREQ(refused, "update_pending_too_large");
}

// Found by fuzzing: two tellings of the same ids, the second under a parent that nobody has.
TEST(Doc, WhatIsPartlyKnownWaitsForNoParent) {
  Doc doc({});
  ASSERT_TRUE(doc.apply(unhex("0101010004010474657874015a00")).ok());
  ASSERT_TRUE(doc.apply(unhex("01010100010000007800")).ok());
  Doc loaded({});
  ASSERT_TRUE(loaded.apply(doc.encode()).ok());
  EXPECT_EQ(loaded.state_vector(), doc.state_vector());
  EXPECT_FALSE(doc.has_pending());
}

// Found by fuzzing: what waits is told again, longer and with another neighbour, which comes then.
TEST(Doc, WhatIsToldAgainWaitsForWhatItLacksNow) {
  Doc doc({});
  ASSERT_TRUE(doc.apply(unhex("0102340000014133420400")).ok());  // 52:1, beside 51:66
  ASSERT_TRUE(doc.apply(unhex("0102340000014101014200")).ok());  // … beside 1:1
  EXPECT_TRUE(doc.has_pending());
  ASSERT_TRUE(doc.apply(unhex("010101000101000300")).ok());  // 1:0 to 1:2
  EXPECT_FALSE(doc.has_pending());
  Doc loaded({});
  ASSERT_TRUE(loaded.apply(doc.encode()).ok());
  EXPECT_EQ(loaded.state_vector(), doc.state_vector());
}

TEST(Doc, ASplitPairIsTwoReplacements) {
  Doc doc = reader_of(kHi);
  UpdateWriter writer;
  writer.deletes({{1, {{2, 1}}}});  // the first half of 😀
  ASSERT_TRUE(doc.apply(writer.finish()).ok());
  EXPECT_EQ(doc.text("t"), "hi\xef\xbf\xbd");
}

TEST(Doc, ManyEditorsInAnyOrderAgree) {
  std::mt19937 random(20);  // NOLINT(*-msc51-cpp): the same histories each time
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 60; ++round) {
    std::vector<Doc> docs;
    for (ClientId client = 1; client <= 4; ++client) docs.emplace_back(Doc::Options{client});
    std::vector<std::string> updates;
    for (int step = 0; step < 80; ++step) {
      Doc& doc = docs[below(docs.size())];
      if (below(3) == 0 && !updates.empty()) {
        ASSERT_TRUE(doc.apply(updates[below(updates.size())]).ok());
        continue;
      }
      const std::uint64_t length = doc.length("t");
      const std::uint64_t index = below(length + 1);
      base::Result<std::string> update = std::string();
      switch (below(5)) {
        case 0:
          update = doc.remove("t", index, below(length - index + 1));
          break;
        case 1:
          update = doc.format_text("t", index, below(length - index + 1),
                                   {{"bold", Any{below(2) == 0}}});
          break;
        case 2:
          update = doc.set_key("m", std::string(1, static_cast<char>('a' + below(3))),
                               Any{Integer{step}});
          break;
        default:
          update = doc.insert_text("t", index, below(4) == 0 ? "é😀" : "some text");
      }
      ASSERT_TRUE(update.ok());
      updates.push_back(*update);
    }
    std::string bytes;
    for (Doc& doc : docs) {
      std::ranges::shuffle(updates, random);
      for (const auto& update : updates) ASSERT_TRUE(doc.apply(update).ok());
      if (bytes.empty()) bytes = doc.encode();
      ASSERT_EQ(doc.encode(), bytes) << "round " << round;
      ASSERT_EQ(doc.delta("t"), docs[0].delta("t"));
      ASSERT_EQ(doc.state_vector(), docs[0].state_vector());
      ASSERT_FALSE(doc.has_pending());
    }
    Doc loaded({});
    ASSERT_TRUE(loaded.apply(bytes).ok());
    ASSERT_EQ(loaded.delta("t"), docs[0].delta("t"));
  }
}

TEST(Doc, Edits) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.insert_text("t", 0, "Hello world").ok());
  ASSERT_TRUE(doc.format_text("t", 0, 5, {{"bold", Any{true}}}).ok());
  ASSERT_TRUE(doc.insert_text("t", 5, "!").ok());  // as the text before it
  ASSERT_TRUE(doc.insert_text("t", 12, "?", {{"em", Any{true}}}).ok());
  EXPECT_EQ(doc.delta("t"),
            R"([{"insert":"Hello!","attributes":{"bold":true}},{"insert":" world"},)"
            R"({"insert":"?","attributes":{"em":true}}])");
  ASSERT_TRUE(doc.remove("t", 0, 6).ok());
  EXPECT_EQ(doc.delta("t"), R"([{"insert":" world"},{"insert":"?","attributes":{"em":true}}])");
  ASSERT_TRUE(doc.insert_values("a", 0, {Any{Integer{1}}, Any{Bytes{"b"}}, Any{Null{}}}).ok());
  EXPECT_EQ(doc.json("a", RootKind::kArray), R"([1,{"0":98},null])");
  ASSERT_TRUE(doc.set_key("m", "k", Any{Integer{1}}).ok());
  ASSERT_TRUE(doc.set_key("m", "k", Any{Integer{2}}).ok());
  ASSERT_TRUE(doc.set_key("m", "j", Any{Null{}}).ok());
  ASSERT_TRUE(doc.remove_key("m", "j").ok());
  EXPECT_EQ(doc.json("m", RootKind::kMap), R"({"k":2})");

  EXPECT_STREQ(doc.insert_text("t", 99, "x").error().reason, "edit_out_of_range");
  EXPECT_STREQ(doc.remove("t", 1, 99).error().reason, "edit_out_of_range");
  EXPECT_STREQ(doc.insert_text("a", 0, "x").error().reason, "edit_wrong_type");
  EXPECT_STREQ(doc.insert_values("t", 0, {Any{Null{}}}).error().reason, "edit_wrong_type");
  EXPECT_STREQ(doc.set_key("t", "k", Any{Null{}}).error().reason, "edit_wrong_type");
  EXPECT_STREQ(doc.insert_text("t", 0, "\xff").error().reason, "update_text");
}

TEST(Doc, WhatIsDeletedTakesOnlyIdleMarksAlong) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.insert_text("t", 0, "plain").ok());
  ASSERT_TRUE(doc.insert_text("t", 5, "bold", {{"bold", Any{true}}}).ok());
  ASSERT_TRUE(doc.insert_text("t", 9, "xy", {{"em", Any{true}}}).ok());
  ASSERT_TRUE(doc.remove("t", 9, 1).ok());
  EXPECT_EQ(doc.delta("t"), R"([{"insert":"plain"},{"insert":"bold","attributes":{"bold":true}},)"
                            R"({"insert":"y","attributes":{"em":true}}])");
  ASSERT_TRUE(doc.remove("t", 5, 4).ok());
  EXPECT_EQ(doc.delta("t"), R"([{"insert":"plain"},{"insert":"y","attributes":{"em":true}}])");
  ASSERT_TRUE(doc.remove("t", 5, 1).ok());
  ASSERT_TRUE(doc.insert_text("t", 5, "!").ok());
  EXPECT_EQ(doc.delta("t"), R"([{"insert":"plain!"}])");
}

TEST(Doc, Snapshots) {
  Doc doc({.client = 1, .gc = false});
  ASSERT_TRUE(doc.insert_text("t", 0, "first").ok());
  const Snapshot then = doc.snapshot();
  ASSERT_TRUE(doc.remove("t", 1, 3).ok());
  ASSERT_TRUE(doc.insert_text("t", 2, " second").ok());
  const auto old = doc.at(then);
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(old->text("t"), "first");
  EXPECT_EQ(doc.at(doc.snapshot())->text("t"), doc.text("t"));

  Doc collecting({.client = 2});
  ASSERT_TRUE(collecting.apply(doc.encode()).ok());
  EXPECT_STREQ(collecting.at(then).error().reason, "snapshot_collected");
  EXPECT_STREQ(Doc({}).at(then).error().reason, "snapshot_unknown");
}

TEST(Doc, RelativePositionsStayWhereTheyAre) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.insert_text("t", 0, "abcdef").ok());
  const std::string after = doc.relative_position("t", 3).value();
  const std::string before = doc.relative_position("t", 3, -1).value();
  const std::string end = doc.relative_position("t", 6).value();
  ASSERT_TRUE(doc.insert_text("t", 3, "XY").ok());
  EXPECT_EQ(doc.absolute_position(after).value(), 5u);
  EXPECT_EQ(doc.absolute_position(before).value(), 3u);
  EXPECT_EQ(doc.absolute_position(end).value(), 8u);
  ASSERT_TRUE(doc.remove("t", 2, 4).ok());
  EXPECT_EQ(doc.absolute_position(after).value(), 2u);
  EXPECT_EQ(Doc({}).absolute_position(after).value(), std::nullopt);
  EXPECT_STREQ(doc.absolute_position("\x07").error().reason, "position_malformed");
}

TEST(Doc, ADeleteSetThatSplitsEveryUnit) {
  constexpr Clock kUnits = 200'000;
  Doc doc({});
  ASSERT_TRUE(doc.apply(insertion({1, 0}, std::string(kUnits, 'a'), {}, {})).ok());
  std::vector<Range> ranges;
  for (Clock clock = 0; clock < kUnits; clock += 2) ranges.push_back({clock, 1});
  UpdateWriter writer;
  writer.deletes({{1, ranges}});
  ASSERT_TRUE(doc.apply(writer.finish()).ok());
  EXPECT_EQ(doc.length("t"), kUnits / 2);
  EXPECT_EQ(doc.size().structs, kUnits);
  UpdateWriter rest;
  rest.deletes({{1, {{0, kUnits}}}});
  ASSERT_TRUE(doc.apply(rest.finish()).ok());
  EXPECT_EQ(doc.size().structs, 1u);
}

}  // namespace
}  // namespace ashlar::crdt
