// What clients of other shorteners send, read: bodies, queries, ids; and which links a catalog's
// query takes. Pure parts, as tables.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "modules/links/foreign/foreign_body.h"
#include "modules/links/foreign/foreign_query.h"
#include "modules/links/foreign/link_catalog.h"
#include "modules/links/foreign/link_desk.h"

namespace ashlar::links {
namespace {

base::Time at(const char* text) { return base::parse_rfc3339(text).value(); }

std::vector<std::string> fields_of(const base::Status& status) {
  std::vector<std::string> fields;
  if (status.ok()) return fields;
  for (const base::FieldError& field : status.error().fields) fields.push_back(field.field);
  return fields;
}

TEST(ForeignBodyTest, ReadsWhatItKnowsAndSaysAllThatIsWrong) {
  auto body = ForeignBody::parse(
      R"({"a":"x","n":3,"real":4.0,"half":4.5,"flag":true,"list":["p","q"],"one":"p","null":null,
          "when":"2026-11-22T10:00:00+01:00","never":"soon","mixed":["p",1],"unknown":{"x":[]}})");
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->text("a"), "x");
  EXPECT_EQ(body->integer("n"), 3);
  EXPECT_EQ(body->integer("real"), 4);
  EXPECT_EQ(body->boolean("flag"), true);
  EXPECT_EQ(body->texts("list"), (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(body->texts("one"), (std::vector<std::string>{"p"}));
  EXPECT_EQ(body->time("when"), at("2026-11-22T09:00:00Z"));
  EXPECT_EQ(body->text("null"), std::nullopt);
  EXPECT_TRUE(body->is_null("null") && body->has("null"));
  EXPECT_FALSE(body->has("absent"));
  EXPECT_TRUE(body->finish().ok());
  EXPECT_EQ(body->integer("half"), std::nullopt);
  EXPECT_EQ(body->time("never"), std::nullopt);
  EXPECT_EQ(body->texts("mixed"), std::nullopt);
  EXPECT_EQ(body->boolean("a"), std::nullopt);
  EXPECT_EQ(fields_of(body->finish()),
            (std::vector<std::string>{"/half", "/never", "/mixed", "/a"}));
}

TEST(ForeignBodyTest, IsAnObjectOrNothing) {
  EXPECT_TRUE(ForeignBody::parse("").ok());
  EXPECT_TRUE(ForeignBody::parse("{}").ok());
  for (const char* text : {"[]", "1", "\"x\"", "{", "{\"a\":1,\"a\":2}"}) {
    EXPECT_FALSE(ForeignBody::parse(text).ok()) << text;
  }
}

TEST(ForeignQueryTest, NamesMayBeRepeated) {
  ForeignQuery query("tags%5B%5D=a+b&tags[]=c%26&page=2&empty=&x&&q=%C3%BC");
  EXPECT_EQ(query.all("tags[]"), (std::vector<std::string>{"a b", "c&"}));
  EXPECT_EQ(query.first("page"), "2");
  EXPECT_EQ(query.integer("page", 1, 9), 2);
  EXPECT_EQ(query.first("empty"), "");
  EXPECT_EQ(query.integer("empty", 1, 9), std::nullopt);
  EXPECT_EQ(query.first("x"), "");
  EXPECT_EQ(query.first("q"), "ü");
  EXPECT_EQ(query.first("none"), std::nullopt);
  EXPECT_TRUE(query.finish().ok());
  EXPECT_EQ(query.integer("page", 3, 9), std::nullopt);
  EXPECT_EQ(query.time("x"), std::nullopt);
  EXPECT_EQ(query.time("q"), std::nullopt);
  EXPECT_EQ(fields_of(query.finish()), (std::vector<std::string>{"?page", "?q"}));
}

TEST(ForeignQueryTest, TimesInTheFormsThatClientsSend) {
  const std::pair<const char*, const char*> cases[] = {
      {"t=2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"},
      {"t=2026-11-22T10:00:00%2B01:00", "2026-11-22T09:00:00Z"},
      {"t=2026-11-22T10:00:00+01:00", "2026-11-22T09:00:00Z"},
      {"t=2026-11-22", "2026-11-22T00:00:00Z"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(ForeignQuery(text).time("t"), at(expected)) << text;
  }
}

TEST(ForeignQueryTest, WhatIsNoTextIsAFault) {
  for (const char* text : {"a=%", "a=%zz", "a=%ff", "%00=a"}) {
    EXPECT_FALSE(ForeignQuery(text).finish().ok()) << text;
  }
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "a=1&";
  EXPECT_EQ(ForeignQuery(many).all("a").size(), ForeignQuery::kMaxParameters);
}

TEST(ForeignIdTest, OfALinkAndBack) {
  Link link;
  link.code = "abc";
  EXPECT_EQ(foreign_id(link), "abc");
  link.domain_host = "go.example";
  EXPECT_EQ(foreign_id(link), "go.example~abc");
  const LinkRef ref = ref_of_foreign_id("go.example~abc");
  EXPECT_EQ(ref.host, "go.example");
  EXPECT_EQ(ref.code, "abc");
  EXPECT_EQ(ref_of_foreign_id("abc").host, "");
  EXPECT_EQ(ref_of_foreign_id("abc").code, "abc");
}

Link sample() {
  Link link;
  link.code = "Spring-1";
  link.url = "https://example.com/Path";
  link.domain_host = "go.example";
  link.created_at = at("2026-11-22T10:00:00Z");
  link.expires_at = at("2026-12-01T00:00:00Z");
  link.clicks_used = 3;
  link.settings.max_clicks = 3;
  link.settings.title = "A Title";
  link.settings.owner = "ada";
  link.settings.tags = {"one", "two"};
  return link;
}

TEST(LinkCatalogTest, WhichLinksAQueryTakes) {
  struct Case {
    CatalogQuery query;
    bool taken;
  };
  const std::vector<Case> cases{
      {{}, true},
      {{.text = "spring"}, true},
      {{.text = "EXAMPLE.com/path"}, true},
      {{.text = "title"}, true},
      {{.text = "TWO"}, true},
      {{.text = "three"}, false},
      {{.tags = {"one", "none"}}, true},
      {{.tags = {"one", "none"}, .every_tag = true}, false},
      {{.tags = {"one", "two"}, .every_tag = true}, true},
      {{.tags = {"One"}}, false},
      {{.without_tags = {"one", "none"}}, false},
      {{.without_tags = {"one", "none"}, .without_every_tag = true}, true},
      {{.domain = "go.example"}, true},
      {{.domain = ""}, false},
      {{.owner = "ada"}, true},
      {{.owner = "bob"}, false},
      {{.archived = false}, true},
      {{.archived = true}, false},
      {{.from = at("2026-11-22T10:00:00Z"), .until = at("2026-11-22T10:00:00Z")}, true},
      {{.from = at("2026-11-22T10:00:01Z")}, false},
      {{.until = at("2026-11-22T09:59:59Z")}, false},
      {{.expired_too = false}, true},
      {{.used_up_too = false}, false},
  };
  const base::Time now = at("2026-11-25T00:00:00Z");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(matches(sample(), cases[i].query, now), cases[i].taken) << "case " << i;
  }
  EXPECT_FALSE(matches(sample(), {.expired_too = false}, at("2026-12-01T00:00:00Z")));
}

}  // namespace
}  // namespace ashlar::links
