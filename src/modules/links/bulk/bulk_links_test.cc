#include "modules/links/bulk/bulk_links.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/links/bulk/bulk_json.h"
#include "modules/links/testing/links_fixture.h"

namespace ashlar::links {
namespace {

using storage::Context;
using storage::Transaction;

TEST(BulkJson, EachItemIsReadForItself) {
  const auto items = parse_bulk_create(
      R"({"links":[{"url":"https://example.com/"},{"url":5},{"url":"x","what":1},{}]})");
  ASSERT_TRUE(items.ok()) << items.error().detail;
  ASSERT_EQ(items->size(), 4U);
  EXPECT_TRUE((*items)[0].ok());
  EXPECT_EQ((*items)[1].error().fields.at(0).field, "/url");
  EXPECT_STREQ((*items)[2].error().fields.at(0).reason, "unknown_field");
  EXPECT_STREQ((*items)[3].error().fields.at(0).reason, "required");
}

TEST(BulkJson, WhatIsNoListIsRefusedWhole) {
  const auto many = [](std::size_t links) {
    std::string body = R"({"links":[)";
    for (std::size_t i = 0; i < links; ++i) body += i == 0 ? "{}" : ",{}";
    return body + "]}";
  };
  EXPECT_TRUE(parse_bulk_create(many(kMaxBulkLinks)).ok());
  for (const std::string& body :
       {std::string("{}"), std::string("[]"), std::string(R"({"links":{}})"),
        std::string(R"({"links":[1]})"), many(0), many(kMaxBulkLinks + 1),
        std::string(R"({"links":[{}],"more":1})")}) {
    EXPECT_FALSE(parse_bulk_create(body).ok()) << body.substr(0, 80);
  }
}

TEST(BulkJson, AnUpdateSaysWhichAndWhat) {
  struct Case {
    const char* body;
    const char* reason;
  };
  for (const Case& each :
       {Case{R"({"codes":["a"],"set":{"enabled":false}})", ""},
        Case{R"({"filter":{},"set":{"owner":null}})", ""},
        Case{R"({"filter":{"tag":"a"},"cursor":"x","limit":5,"set":{"tags_add":["b"]}})", ""},
        Case{R"({"codes":["a"],"set":{}})", "nothing_to_set"},
        Case{R"({"set":{"enabled":false}})", "codes_or_filter"},
        Case{R"({"codes":["a"],"filter":{},"set":{"enabled":false}})", "codes_or_filter"},
        Case{R"({"filter":{},"domain":"x","set":{"enabled":false}})", "codes_or_filter"},
        Case{R"({"codes":["a"],"cursor":"x","set":{"enabled":false}})", "codes_or_filter"},
        Case{R"({"codes":[],"set":{"enabled":false}})", "invalid_request"},
        Case{R"({"filter":{},"limit":1001,"set":{"enabled":false}})", "invalid_request"}}) {
    const auto json = parse_bulk_update(each.body);
    EXPECT_STREQ(json.ok() ? "" : json.error().reason, each.reason) << each.body;
  }
}

class BulkLinksTest : public LinksFixture {
 protected:
  static BulkItem item(const std::string& url, const std::string& code = "") {
    BulkItem item;
    item.link.url = url;
    if (!code.empty()) item.link.code = code;
    return item;
  }
  base::Result<std::vector<BulkCreated>> create(const std::vector<BulkItem>& items,
                                                base::TenantId tenant = kAlice) {
    return db().write(Context::tenant(tenant), [&](Transaction& tx) {
      made_.clear();
      return create_each(tx, links_, items, "", [&](std::size_t index, const Link&) {
        made_.push_back(index);
        return base::ok_status();
      });
    });
  }
  static std::string line(const BulkCreated& outcome) {
    if (!outcome.link) return outcome.problem.reason;
    return outcome.link->code + (outcome.existed ? " found" : " made");
  }
  std::vector<std::string> update(const std::vector<std::string>& codes, const BulkSet& set,
                                  base::TenantId tenant = kAlice) {
    std::vector<LinkRef> refs;
    for (const std::string& code : codes) refs.push_back({.host = {}, .code = code});
    const auto done = db().write(Context::tenant(tenant), [&](Transaction& tx) {
      return update_each(tx, links_, refs, set, "");
    });
    std::vector<std::string> lines;
    if (!done.ok()) return {done.error().reason};
    for (const BulkUpdated& outcome : *done) {
      lines.push_back(outcome.code + " " +
                      (outcome.problem ? outcome.problem->reason
                                       : std::string(outcome.changed ? "changed" : "unchanged")));
    }
    return lines;
  }
  Link find(const std::string& code) {
    base::Result<Link> link = db().read(
        Context::tenant(kAlice), [&](Transaction& tx) { return links_.find(tx, {.code = code}); });
    EXPECT_TRUE(link.ok()) << code;
    return link.ok() ? *link : Link();
  }

  std::vector<std::size_t> made_;
};

INSTANTIATE_TEST_SUITE_P(Storage, BulkLinksTest, storage::both_engines(), storage::engine_name);

TEST_P(BulkLinksTest, EachForItself) {
  std::vector<BulkItem> items{
      item("https://example.com/1", "one"), item("ftp://example.com/2", "two"),
      item("https://example.com/3", "one"), item("https://example.com/4", "v1"),
      item("https://example.com/1"),        item("https://example.com/6", "six")};
  items[4].link.find_if_exists = true;
  items[5].refused = base::fail(base::Code::kInvalid, "invalid_request", "as it came");
  const auto outcomes = create(items);
  ASSERT_TRUE(outcomes.ok()) << outcomes.error().detail;
  std::vector<std::string> lines;
  for (const BulkCreated& outcome : *outcomes) lines.push_back(line(outcome));
  EXPECT_EQ(lines, (std::vector<std::string>{"one made", "target_scheme", "code_taken",
                                             "code_reserved", "one found", "invalid_request"}));
  EXPECT_EQ(made_, std::vector<std::size_t>{0});
  EXPECT_EQ(find("one").url, "https://example.com/1");
}

TEST_P(BulkLinksTest, AThousandInOneTransaction) {
  std::vector<BulkItem> items;
  for (std::size_t i = 0; i < kMaxBulkLinks; ++i) {
    items.push_back(item("https://example.com/" + std::to_string(i)));
  }
  const auto outcomes = create(items);
  ASSERT_TRUE(outcomes.ok()) << outcomes.error().detail;
  for (std::size_t i = 0; i < items.size(); ++i) {
    ASSERT_TRUE((*outcomes)[i].link) << i;
    ASSERT_EQ((*outcomes)[i].link->url, items[i].link.url);
  }
}

TEST_P(BulkLinksTest, AnErrorOfAllRollsBackAll) {
  const auto outcomes = db().write(Context::tenant(kAlice), [&](Transaction& tx) {
    return create_each(tx, links_, std::vector{item("https://example.com/", "gone")}, "",
                       [](std::size_t, const Link&) -> base::Status {
                         return base::fail(base::Code::kUnavailable, "storage_busy", "");
                       });
  });
  ASSERT_FALSE(outcomes.ok());
  EXPECT_STREQ(outcomes.error().reason, "storage_busy");
  EXPECT_EQ(update({"gone"}, {.enabled = false}), std::vector<std::string>{"gone link_not_found"});
}

TEST_P(BulkLinksTest, ChangesWhatIsSetAndRepeatsNothing) {
  ASSERT_TRUE(
      create({item("https://example.com/1", "one"), item("https://example.com/2", "two")}).ok());
  ASSERT_TRUE(create({item("https://example.com/3", "bobs")}, kBob).ok());
  const BulkSet set{.enabled = false,
                    .archived = true,
                    .owner = "ada",
                    .expires_at = std::optional(clock_.now() + base::Seconds(60)),
                    .tags_add = {"b", "a", "a"},
                    .tags_remove = {"a", "z"}};
  const std::vector<std::string> codes{"one", "nobodys", "bobs", "two", "one", "not/a/code"};
  EXPECT_EQ(update(codes, set), (std::vector<std::string>{
                                    "one changed", "nobodys link_not_found", "bobs link_not_found",
                                    "two changed", "one unchanged", "not/a/code link_not_found"}));
  const Link link = find("two");
  EXPECT_FALSE(link.enabled);
  EXPECT_TRUE(link.settings.archived);
  EXPECT_EQ(link.settings.owner, "ada");
  EXPECT_EQ(link.expires_at, clock_.now() + base::Seconds(60));
  EXPECT_EQ(link.settings.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(link.version, 2);
  EXPECT_EQ(update({"one", "two"}, set),
            (std::vector<std::string>{"one unchanged", "two unchanged"}));
  EXPECT_EQ(
      update({"two"},
             {.owner = "", .expires_at = std::optional<base::Time>(), .tags_remove = {"a", "b"}}),
      std::vector<std::string>{"two changed"});
  EXPECT_EQ(find("two").settings.owner, "");
  EXPECT_EQ(find("two").expires_at, std::nullopt);
  EXPECT_TRUE(find("two").settings.tags.empty());
}

TEST_P(BulkLinksTest, WhatOneRefusesStopsNoOther) {
  BulkItem full = item("https://example.com/1", "full");
  for (std::size_t i = 0; i < kMaxTags; ++i) {
    full.link.settings.tags.push_back("tag " + std::to_string(i));
  }
  ASSERT_TRUE(create({full, item("https://example.com/2", "empty")}).ok());
  EXPECT_EQ(update({"full", "empty"}, {.tags_add = {"more"}}),
            (std::vector<std::string>{"full too_many_tags", "empty changed"}));
  EXPECT_EQ(update({"full", "empty"}, {.tags_add = {"a,b"}, .tags_remove = {"tag 0"}}),
            (std::vector<std::string>{"full bad_tag", "empty bad_tag"}));
  EXPECT_EQ(find("full").settings.tags.size(), kMaxTags);
  EXPECT_EQ(update({"empty"}, {.expires_at = std::optional(clock_.now())}),
            std::vector<std::string>{"empty expires_in_past"});
}

}  // namespace
}  // namespace ashlar::links
