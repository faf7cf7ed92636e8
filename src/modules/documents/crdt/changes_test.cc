#include "modules/documents/crdt/changes.h"

#include <gtest/gtest.h>

namespace ashlar::crdt {
namespace {

Doc copy_of(const Doc& doc) {
  Doc out({});
  EXPECT_TRUE(out.apply(doc.encode()).ok());
  return out;
}

std::string changes(const Doc& from, const Doc& to, std::string_view root) {
  const auto changes = from.changes_to(to, root, 1u << 20);
  EXPECT_TRUE(changes.ok());
  EXPECT_FALSE(changes->truncated);
  return changes->json;
}

TEST(Changes, OfATextAreADelta) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.insert_text("t", 0, "Hello world").ok());
  const Doc then = copy_of(doc);
  EXPECT_EQ(changes(then, doc, "t"), "[]");
  ASSERT_TRUE(doc.remove("t", 6, 5).ok());
  ASSERT_TRUE(doc.insert_text("t", 6, "you", {{"em", {true}}}).ok());
  ASSERT_TRUE(doc.format_text("t", 0, 5, {{"bold", {true}}}).ok());
  EXPECT_EQ(changes(then, doc, "t"),
            R"([{"path":[],"delta":[{"retain":5,"attributes":{"bold":true}},{"retain":1},)"
            R"({"insert":"you","attributes":{"em":true}},{"delete":5,"old":"world"}]}])");
  EXPECT_EQ(changes(doc, then, "t"),
            R"([{"path":[],"delta":[{"retain":5,"attributes":{"bold":null}},{"retain":1},)"
            R"({"insert":"world"},{"delete":3,"old":"you"}]}])");
}

TEST(Changes, OfKeysAndValues) {
  Doc doc({.client = 1});
  ASSERT_TRUE(doc.set_key("m", "kept", {true}).ok());
  ASSERT_TRUE(doc.set_key("m", "set", {std::string("draft")}).ok());
  ASSERT_TRUE(doc.set_key("m", "gone", {Null{}}).ok());
  ASSERT_TRUE(doc.insert_values("a", 0, {{true}, {false}, {Null{}}}).ok());
  const Doc then = copy_of(doc);
  ASSERT_TRUE(doc.set_key("m", "set", {std::string("sent")}).ok());
  ASSERT_TRUE(doc.set_key("m", "new", {Array{}}).ok());
  ASSERT_TRUE(doc.remove_key("m", "gone").ok());
  ASSERT_TRUE(doc.remove("a", 1, 1).ok());
  ASSERT_TRUE(doc.insert_values("a", 2, {{std::string("x")}, {std::string("y")}}).ok());
  EXPECT_EQ(changes(then, doc, "m"), R"([{"path":[],"keys":{"gone":{"action":"delete","old":null},)"
                                     R"("new":{"action":"add","new":[]},)"
                                     R"("set":{"action":"update","old":"draft","new":"sent"}}}])");
  EXPECT_EQ(changes(then, doc, "a"),
            R"([{"path":[],"delta":[{"retain":1},{"delete":1,"old":[false]},{"retain":1},)"
            R"({"insert":["x","y"]}]}])");
  EXPECT_EQ(changes(then, doc, "nowhere"), "[]");
}

TEST(Changes, EndWhereTheyAreLongEnough) {
  Doc doc({.client = 1});
  const Doc then = copy_of(doc);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(doc.set_key("m", "key " + std::to_string(i), {std::string(100, 'x')}).ok());
  }
  const auto some = then.changes_to(doc, "m", 1'000);
  ASSERT_TRUE(some.ok());
  EXPECT_TRUE(some->truncated);
  EXPECT_LT(some->json.size(), 1'300u);
  EXPECT_TRUE(some->json.ends_with("}}}]"));
}

}  // namespace
}  // namespace ashlar::crdt
