#include "modules/documents/crdt/struct_store.h"

#include <gtest/gtest.h>

#include "modules/documents/crdt/doc.h"
#include "modules/documents/crdt/struct_codec.h"

namespace ashlar::crdt {
namespace {

WireStruct struct_of(Id id, Clock length, Ref ref) {
  WireStruct out;
  out.id = id;
  out.length = length;
  out.ref = ref;
  return out;
}

// A text under a key, whose left half is no value any more and was not deleted.
TEST(StructStore, ASplitTextUnderAKeyIsDeletedWithItsType) {
  UpdateWriter writer;
  writer.begin(2, 0);
  WireStruct type = struct_of({2, 0}, 1, Ref::kType);
  type.parent = WireStruct::Parent::kRoot;
  type.root = "x";
  writer.write(type);
  WireStruct value = struct_of({2, 1}, 1, Ref::kAny);
  value.parent = WireStruct::Parent::kItem;
  value.parent_item = {2, 0};
  value.has_parent_sub = true;
  value.parent_sub = "k";
  value.content = "\x7e";
  writer.write(value);
  WireStruct text = struct_of({2, 2}, 2, Ref::kString);
  text.has_origin = true;
  text.origin = {2, 1};
  text.content = "ab";
  writer.write(text);
  text.id = {2, 4};
  text.origin = {2, 2};  // between the two
  text.content = "cd";
  writer.write(text);
  writer.deletes({{2, {{0, 1}}}});
  Doc doc({});
  ASSERT_TRUE(doc.apply(writer.finish()).ok());
  EXPECT_EQ(doc.json("x", RootKind::kArray), "[]");
}

}  // namespace
}  // namespace ashlar::crdt
