#include <gtest/gtest.h>

#include <string>

#include "modules/documents/crdt/doc.h"
#include "modules/documents/crdt/struct_codec.h"

namespace ashlar::crdt {
namespace {

// Arrays within arrays: those from `begin` to before `end`.
std::string nested(ClientId client, Clock begin, Clock end) {
  UpdateWriter writer;
  writer.begin(client, begin);
  for (Clock i = begin; i < end; ++i) {
    WireStruct s;
    s.id = {client, i};
    s.length = 1;
    s.ref = Ref::kType;
    s.type = TypeRef::kArray;
    s.parent = i == 0 ? WireStruct::Parent::kRoot : WireStruct::Parent::kItem;
    s.root = "a";
    s.parent_item = {client, i - 1};
    writer.write(s);
  }
  writer.deletes({});
  return writer.finish();
}

TEST(DocDepth, TypesWithinTypesAreBounded) {
  Doc doc({});
  ASSERT_TRUE(doc.apply(nested(1, 0, 200)).ok());
  EXPECT_EQ(doc.json("a", RootKind::kArray), std::string(201, '[') + std::string(201, ']'));
  const auto refused = Doc({}).apply(nested(1, 0, 201));
  ASSERT_FALSE(refused.ok());
  EXPECT_STREQ(refused.error().reason, "update_too_deep");
}

// Kept, it would be in every encoding, which nobody could take in.
TEST(DocDepth, WhatWaitedForAPlaceTooDeepIsDropped) {
  Doc doc({});
  ASSERT_TRUE(doc.apply(nested(1, 1, 260)).ok());
  EXPECT_TRUE(doc.has_pending());
  const auto applied = doc.apply(nested(1, 0, 1));
  ASSERT_TRUE(applied.ok());
  EXPECT_TRUE(applied->changed);
  EXPECT_FALSE(applied->complete);
  EXPECT_FALSE(doc.has_pending());
  EXPECT_EQ(doc.size().pending_bytes, 0u);
  EXPECT_EQ(doc.json("a", RootKind::kArray), std::string(201, '[') + std::string(201, ']'));
  for (const std::string& shown : {doc.encode(), applied->change}) {
    Doc other({});
    ASSERT_TRUE(other.apply(shown).ok());
    EXPECT_EQ(other.encode(), doc.encode());
  }
}

// Logs and snapshots from before that was so.
TEST(DocDepth, WhatIsStoredIsReadWithoutWhatLiesTooDeep) {
  const std::string text = *Doc({.client = 2}).insert_text("text", 0, "text");
  const std::string arrays = nested(1, 0, 260);
  const std::string_view both[] = {text, arrays};
  const auto snapshot = merge_updates(both);
  ASSERT_TRUE(snapshot.ok());
  for (const auto& deep : {arrays, *snapshot}) {
    Doc doc({});
    doc.set_limits(DocLimits::of_stored());
    ASSERT_TRUE(doc.apply(text).ok());
    const auto applied = doc.apply(deep);
    ASSERT_TRUE(applied.ok());
    EXPECT_TRUE(applied->changed);
    EXPECT_FALSE(applied->complete);
    EXPECT_FALSE(applied->pending);
    EXPECT_EQ(doc.size().pending_bytes, 0u);
    Doc other({});
    ASSERT_TRUE(other.apply(doc.encode()).ok());
    EXPECT_EQ(other.json("a", RootKind::kArray), std::string(201, '[') + std::string(201, ']'));
    EXPECT_EQ(other.state_vector(), (StateVector{{1, 200}, {2, 4}}));
  }
}

}  // namespace
}  // namespace ashlar::crdt
