#include "modules/documents/document_attribution.h"

#include <gtest/gtest.h>

#include "modules/documents/update_list.h"

namespace ashlar::documents {
namespace {

constexpr base::Time kNoon{base::Seconds(12 * 3600)};

class Log {
 public:
  explicit Log(crdt::ClientId client) : doc({.client = client}) {}
  UpdateRow row(Seq seq, const char* author, base::Seconds after, const std::string& update) {
    UpdateRow row{seq, 1, kNoon + after, author, {}};
    append_update(row.bytes, update);
    return row;
  }
  crdt::Doc doc;
};

std::string said(const std::vector<Attribution::Range>& ranges) {
  std::string out;
  for (const Attribution::Range& range : ranges) {
    out += range.path + range.key.value_or("") + ' ' + std::to_string(range.from) + '+' +
           std::to_string(range.length) + ' ' + range.user.value_or("?") + '@' +
           (range.seq ? std::to_string(*range.seq) : "old") + '\n';
  }
  return out;
}

TEST(Attribution, SaysWhoBroughtWhat) {
  Log alice(1);
  Log bob(2);
  Attribution attribution;
  const std::string hello = *alice.doc.insert_text("t", 0, "hello world");
  attribution.add(alice.row(1, "alice", base::Seconds(0), hello));
  ASSERT_TRUE(bob.doc.apply(hello).ok());
  attribution.add(bob.row(2, "bob", base::Seconds(5), *bob.doc.insert_text("t", 5, " my")));
  // Again, by somebody who brings nothing new.
  attribution.add(bob.row(3, "carol", base::Seconds(6), bob.doc.encode()));
  attribution.add(bob.row(4, "bob", base::Seconds(9), *bob.doc.set_key("m", "k", {true})));
  EXPECT_EQ(said(attribution.attribute(bob.doc.placed("t", 100))),
            "[] 0+5 alice@1\n[] 5+3 bob@2\n[] 8+6 alice@1\n");
  EXPECT_EQ(said(attribution.attribute(bob.doc.placed("m", 100))), "[]k 0+1 bob@4\n");
}

TEST(Attribution, WhatIsWrittenTogetherIsOneRange) {
  Log alice(1);
  Attribution attribution;
  for (int i = 0; i < 5; ++i) {
    const auto at = base::Seconds(i < 3 ? i * 10 : 3600 + i);
    attribution.add(alice.row(i + 1, "alice", at,
                              *alice.doc.insert_text("t", static_cast<std::uint64_t>(i), "x")));
  }
  EXPECT_EQ(said(attribution.attribute(alice.doc.placed("t", 100))),
            "[] 0+3 alice@3\n[] 3+2 alice@5\n");
}

TEST(Attribution, WhatIsOlderThanTheLogHasNoTime) {
  Log alice(1);
  Log bob(2);
  ASSERT_TRUE(alice.doc.insert_text("t", 0, "old").ok());
  ASSERT_TRUE(bob.doc.insert_text("t", 0, "lost").ok());
  ASSERT_TRUE(alice.doc.apply(bob.doc.encode()).ok());
  Attribution attribution;
  attribution.add(alice.row(9, "alice", base::Seconds(0), *alice.doc.insert_text("t", 7, " new")));
  EXPECT_EQ(said(attribution.attribute(alice.doc.placed("t", 100))),
            "[] 0+3 alice@old\n[] 3+4 ?@old\n[] 7+4 alice@9\n");
}

TEST(Attribution, WhatIsNoUpdateIsPassedOver) {
  Attribution attribution;
  attribution.add({1, 1, kNoon, "alice", "\x03zzz"});
  EXPECT_TRUE(attribution.attribute({}).empty());
}

}  // namespace
}  // namespace ashlar::documents
