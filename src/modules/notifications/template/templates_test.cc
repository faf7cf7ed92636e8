#include "modules/notifications/template/templates.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "modules/notifications/notifications.h"
#include "modules/notifications/template/templates_api.h"
#include "modules/notifications/template/templates_data.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/http/call.h"
#include "platform/jobs/jobs.h"
#include "platform/json/parse.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::notifications {
namespace {

using storage::Context;
using storage::Param;
using storage::Sql;
using storage::Transaction;

constexpr base::TenantId kCarol{3};
constexpr const char* kPath = "/v1/notification-templates/welcome";
constexpr const char* kHello =
    R"({"fields":{"name":{"type":"string","required":true}},
        "locales":{"en":{"email":{"subject":"Hi {name}","text":"Hello {name}"}}}})";

std::string saying(const std::string& text, const std::string& more = "") {
  return R"({"locales":{"en":{"short":")" + text + "\"}}" + more + "}";
}

class TemplatesTest : public RecipientsFixture {
 protected:
  void SetUp() override {
    RecipientsFixture::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Jobs>(jobs::Jobs::Options{}, db(), clock_, metrics_, log_);
    templates_ = std::make_unique<Templates>(db(), zones_, clock_);
    notifications_ =
        std::make_unique<Notifications>(*jobs_, *templates_, zones_, clock_, db().dialect());
    for (auto& route :
         template_routes({*templates_, *notifications_, db(), zones_, clock_, cursors_})) {
      routes_.push_back(std::move(route));
    }
  }

  base::Result<std::int64_t> accepted(const std::string& data, const char* key = "welcome") {
    return db().write(Context::tenant(kAlice),
                      [&](Transaction& tx) { return templates_->accept(tx, key, data); });
  }
  base::Result<Rendered> rendered(std::int64_t version, const std::string& data = "",
                                  const std::string& user = "") {
    Notification n;
    n.tenant = kAlice;
    n.user_id = user;
    n.template_key = "welcome";
    n.template_version = version;
    n.data = data;
    Delivery d;
    d.channel = Channel::kEmail;
    return templates_->render(n, d);
  }
  std::string text_of(std::int64_t version) {
    const auto out = rendered(version);
    return out.ok() ? out->text : out.error().reason;
  }

  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  std::unique_ptr<jobs::Jobs> jobs_;
  std::unique_ptr<Templates> templates_;
  std::unique_ptr<Notifications> notifications_;
};

INSTANTIATE_TEST_SUITE_P(Storage, TemplatesTest, storage::both_engines(), storage::engine_name);

TEST_P(TemplatesTest, EachPutIsAVersionThatNeverChanges) {
  const auto made = put(kPath, saying("one"));
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.text({"version"}), "1");
  EXPECT_EQ(made.text({"live_version"}), "1");
  EXPECT_EQ(made.header("ETag"), "\"v1\"");
  EXPECT_EQ(put(kPath, saying("one")).text({"latest_version"}), "1") << "the same again";
  EXPECT_EQ(put(kPath, saying("two", R"(,"publish":false)")).text({"live_version"}), "1");
  EXPECT_EQ(get(kPath).text({"version"}), "2");
  EXPECT_EQ(get(kPath).text({"locales", "en", "short"}), "two");
  EXPECT_EQ(get(std::string(kPath) + "/versions/1").text({"locales", "en", "short"}), "one");
  EXPECT_EQ(get(std::string(kPath) + "/versions/3").status, 404);
  EXPECT_EQ(get(std::string(kPath) + "/versions/01").status, 404);
  EXPECT_EQ(text_of(1), "one");
  EXPECT_EQ(text_of(2), "two");
  EXPECT_EQ(*accepted(""), 1);

  const auto versions = get(std::string(kPath) + "/versions?limit=1");
  EXPECT_EQ(versions.text({"data", "0", "version"}), "2");
  EXPECT_EQ(versions.text({"data", "0", "live"}), "false");
  const auto more =
      get(std::string(kPath) + "/versions?limit=1&cursor=" + versions.text({"next_cursor"}));
  EXPECT_EQ(more.text({"data", "0", "version"}), "1");
  EXPECT_EQ(more.text({"next_cursor"}), "null");
}

TEST_P(TemplatesTest, AnyVersionCanBeLive) {
  put(kPath, saying("one"));
  put(kPath, saying("two"));
  EXPECT_EQ(*accepted(""), 2);
  const std::string publish = std::string(kPath) + "/publish";
  EXPECT_EQ(post(publish, R"({"version":1})").text({"live_version"}), "1");
  EXPECT_EQ(*accepted(""), 1);
  EXPECT_EQ(post(publish, R"({"version":3})").text({"reason"}), "template_version_not_found");
  EXPECT_EQ(post("/v1/notification-templates/none/publish", R"({"version":1})").status, 404);
  put("/v1/notification-templates/draft", saying("x", R"(,"publish":false)"));
  EXPECT_EQ(get("/v1/notification-templates/draft").text({"live_version"}), "null");
  EXPECT_STREQ(accepted("", "draft").error().reason, "template_not_found");
  EXPECT_STREQ(accepted("", "none").error().reason, "template_not_found");
}

TEST_P(TemplatesTest, IfMatchKeepsChangesApart) {
  const std::string tag = put(kPath, saying("one")).header("ETag");
  const auto with = [&](const std::string& match, const std::string& text) {
    return send(http::Method::kPut, kPath, {saying(text), match}).status;
  };
  EXPECT_EQ(with(tag, "two"), 200);
  EXPECT_EQ(with(tag, "three"), 412);
  EXPECT_EQ(get(kPath).text({"locales", "en", "short"}), "two");
  EXPECT_EQ(with("\"v2\"", "three"), 200);
}

TEST_P(TemplatesTest, WhatIsDeletedIsStillSentAndItsNumbersAreGone) {
  put(kPath, saying("one"));
  EXPECT_EQ(remove(kPath).status, 204);
  EXPECT_EQ(remove(kPath).status, 404);
  EXPECT_EQ(get(kPath).status, 404);
  EXPECT_EQ(get(std::string(kPath) + "/versions/1").status, 404);
  EXPECT_EQ(get("/v1/notification-templates").text({"data"}), "[]");
  EXPECT_FALSE(accepted("").ok());
  EXPECT_EQ(text_of(1), "one");
  EXPECT_EQ(put(kPath, saying("anew")).text({"version"}), "2");
  EXPECT_EQ(text_of(1), "one");
  EXPECT_EQ(text_of(2), "anew");

  remove(kPath);
  const auto swept = [&](base::Time before) {
    return *db().write(Context::platform(storage::PlatformUse::kMaintenance),
                       [&](Transaction& tx) { return store::sweep_templates(tx, before, 10); });
  };
  EXPECT_EQ(swept(clock_.now()), 0);
  EXPECT_EQ(swept(clock_.now() + base::Seconds{1}), 2);
  EXPECT_EQ(put(kPath, saying("later")).text({"version"}), "3");
}

TEST_P(TemplatesTest, TheNewestHundredAndTheLiveOneAreKept) {
  put(kPath, saying("1"));
  for (int i = 2; i <= 110; ++i) put(kPath, saying(std::to_string(i), R"(,"publish":false)"));
  EXPECT_EQ(text_of(1), "1");
  EXPECT_EQ(text_of(10), "template_version_not_found");
  EXPECT_EQ(text_of(11), "11");
  EXPECT_EQ(text_of(110), "110");
}

TEST_P(TemplatesTest, WhatCannotBeUsedIsRefusedWithItsPlaces) {
  const auto refused = put(kPath, R"({"locales":{"en":{"email":{"text":"{x}","html":"<p"}}}})");
  EXPECT_EQ(refused.text({"reason"}), "template_invalid");
  EXPECT_EQ(refused.text({"errors", "0", "field"}), "/locales/en/email/text") << refused.body;
  EXPECT_EQ(refused.text({"errors", "1", "field"}), "/locales/en/email/html");
  EXPECT_EQ(put("/v1/notification-templates/-x", saying("a")).text({"reason"}), "name_invalid");
  EXPECT_EQ(get(kPath).status, 404);
}

TEST_P(TemplatesTest, DataIsCheckedWhenItIsAccepted) {
  put(kPath, kHello);
  EXPECT_EQ(*accepted(R"({"name":"Ann"})"), 1);
  const auto wrong = accepted("{}");
  ASSERT_FALSE(wrong.ok());
  EXPECT_STREQ(wrong.error().reason, "invalid_request");
  EXPECT_EQ(wrong.error().fields[0].field, "/data/name");
  const auto channels = db().read(Context::tenant(kAlice), [&](Transaction& tx) {
    return templates_->channels_of(tx, "welcome", 1);
  });
  EXPECT_EQ(*channels, 1);
}

TEST_P(TemplatesTest, SpeaksTheReadersLanguageInTheirZone) {
  put("/v1/recipients/ann", R"({"locale":"de-AT","time_zone":"Asia/Tokyo"})");
  put(kPath, R"({"default_locale":"en","fields":{"at":{"type":"date_time"}},
    "locales":{"en":{"short":"{at, time, short}"},"de":{"short":"um {at, time, short}"}}})");
  const std::string data = R"({"at":"2026-07-01T20:30:00Z"})";
  EXPECT_EQ(rendered(1, data, "ann")->text, "um 05:30");
  EXPECT_EQ(rendered(1, data, "nobody")->text, "8:30\u202fPM");
  clock_.advance(base::Seconds{60});
  EXPECT_EQ(rendered(1, data, "ann")->text, "um 05:30");
  EXPECT_EQ(rendered(1, data, "ann")->text, "um 05:30") << "from memory";
}

TEST_P(TemplatesTest, PreviewsVersionsAndDrafts) {
  put(kPath, kHello);
  const std::string preview = std::string(kPath) + "/preview";
  const auto shown = post(preview, R"({"data":{"name":"Ann","nome":1},"locale":"fr"})");
  ASSERT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(shown.text({"parts", "0", "channel"}), "email");
  EXPECT_EQ(shown.text({"parts", "0", "subject"}), "Hi Ann");
  EXPECT_EQ(shown.text({"parts", "1"}), "");
  EXPECT_EQ(shown.text({"warnings", "0"}), "email: nothing in fr, so en is sent");
  EXPECT_EQ(shown.text({"warnings", "1"}), "/data/nome: no field declares it");
  const auto draft = post(preview, R"({"content":)" + saying("new") + R"(,"channel":"sms"})");
  EXPECT_EQ(draft.text({"parts", "0", "text"}), "new");
  EXPECT_EQ(get(kPath).text({"latest_version"}), "1") << "nothing is kept";
  EXPECT_EQ(post(preview, "{}").text({"errors", "0", "field"}), "/data/name");
  EXPECT_EQ(post(preview, R"({"channel":"sms","data":{"name":"A"}})").text({"reason"}),
            "invalid_request");
  EXPECT_EQ(post(preview, R"({"time_zone":"Mars/North","data":{"name":"A"}})").text({"reason"}),
            "invalid_request");
  EXPECT_EQ(post(preview, R"({"version":7})").text({"reason"}), "template_version_not_found");
}

TEST_P(TemplatesTest, ATestGoesTheWayOfEveryMessage) {
  put(kPath, kHello);
  const std::string test = std::string(kPath) + "/test";
  const auto sent = post(test, R"({"to":{"email":"a@example.com"},"data":{"name":"Ann"}})");
  EXPECT_EQ(sent.status, 202) << sent.body;
  EXPECT_EQ(sent.header("Location"), "/v1/notifications/" + sent.text({"id"}));
  EXPECT_EQ(post(test, R"({"to":{"email":"a@example.com"}})").text({"errors", "0", "field"}),
            "/data/name");
  EXPECT_EQ(post(test, R"({"to":{"email":"no"},"data":{"name":"A"}})").status / 100, 4);
}

TEST_P(TemplatesTest, OneTenantsAreNotAnothers) {
  put(kPath, saying("alice"));
  EXPECT_EQ(get(kPath, kBob).status, 404);
  EXPECT_EQ(remove(kPath, {}, kBob).status, 404);
  put(kPath, saying("bob"), kBob);
  EXPECT_EQ(text_of(1), "alice");
  clock_.advance(base::Seconds{60});
  EXPECT_EQ(text_of(1), "alice");
  const auto page = get("/v1/notification-templates?limit=1");
  EXPECT_EQ(page.text({"data", "0", "key"}), "welcome");
  EXPECT_EQ(page.text({"data", "1"}), "");
}

// Each statement as Carol, who has nothing, with parameters that name what is Bob's; that they are
// good enough is proved by running the same as Bob.
TEST_P(TemplatesTest, NoStatementSeesAnothersRows) {
  put(kPath, saying("bob"), kBob);
  const auto try_as = [&](base::TenantId tenant, const Sql& sql) {
    const int count = storage::engine_text(sql, db().dialect())->parameters;
    const bool listed = sql.text.find("ORDER BY") != std::string_view::npos;
    const bool all = sql.text.find("LIMIT ?1") != std::string_view::npos;
    const std::string_view key = listed && count != 3 ? "" : "welcome";
    const bool newest = sql.text.find("DESC") != std::string_view::npos;
    const bool dropped = sql.text.find("<> ?3") != std::string_view::npos;
    std::int64_t rows = -1;
    const auto undone = db().write(Context::tenant(tenant), [&](Transaction& tx) -> base::Status {
      const auto run = [&](std::initializer_list<Param> params) {
        return sql.text.starts_with("SELECT") ? tx.query(sql, params, [](const storage::Row&) {})
                                              : tx.execute(sql, params);
      };
      const std::int64_t second = newest || dropped ? 99 : listed && count == 3 ? 0 : 1;
      base::Result<std::int64_t> done = count == 1   ? (all ? run({std::int64_t{9}}) : run({key}))
                                        : count == 2 ? run({key, second})
                                                     : run({key, second, std::int64_t{9}});
      if (!done.ok()) return done.error();
      rows = *done;
      return base::fail(base::Code::kConflict, "undo", "");
    });
    EXPECT_STREQ(undone.error().reason, "undo") << sql.text << ' ' << undone.error().detail;
    return rows;
  };
  int tried = 0;
  for (const Sql* sql : store::template_statements()) {
    if (sql->audience != storage::Audience::kTenant || sql->text.starts_with("INSERT") ||
        sql->text.starts_with("SELECT count")) {
      continue;
    }
    ++tried;
    EXPECT_GT(try_as(kBob, *sql), 0) << sql->text;
    EXPECT_EQ(try_as(kCarol, *sql), 0) << sql->text;
  }
  EXPECT_EQ(tried, 9);
}

TEST_P(TemplatesTest, AShareIsExportedAndErasedWhole) {
  put(kPath, saying("one"), kBob);
  put(kPath, saying("two"), kBob);
  put(kPath, saying("alice"));
  const auto lines_of = [&](base::TenantId tenant) {
    int lines = 0;
    const auto exported = db().read(Context::tenant(tenant), [&](Transaction& tx) {
      lines = 0;
      return export_templates_data(tx, [&](std::string_view line) {
        ++lines;
        EXPECT_TRUE(json::parse(line).ok()) << line;
        return base::ok_status();
      });
    });
    EXPECT_TRUE(exported.ok());
    return lines;
  };
  EXPECT_EQ(lines_of(kBob), 3);
  int steps = 0;
  while (steps < 10 && *db().write(
                           Context::tenant(kBob),
                           [](Transaction& tx) { return erase_templates_data(tx, 1); }) > 0) {
    ++steps;
  }
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(lines_of(kBob), 0);
  EXPECT_EQ(lines_of(kAlice), 2);
}

}  // namespace
}  // namespace ashlar::notifications
