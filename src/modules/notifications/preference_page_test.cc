// The hosted page of wishes and one-click unsubscription: who holds a link may, a GET changes
// nothing, and what comes from people is never markup.
#include <gtest/gtest.h>

#include <string>

#include "modules/notifications/preference_page.h"
#include "modules/notifications/preferences.h"
#include "modules/notifications/recipients_store.h"
#include "modules/notifications/suppressions_store.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

constexpr const char* kOneClick = "List-Unsubscribe=One-Click";

class PreferencePageTest : public RecipientsFixture {
 protected:
  static std::string path_of(const std::string& url) {
    return url.substr(std::string("https://ashlar.example").size());
  }
  // Of a message of this category.
  PreferenceSubject of_ann(const std::string& category = {}) {
    PreferenceSubject subject;
    subject.tenant = kAlice;
    subject.user_id = "ann";
    subject.category = category;
    return subject;
  }
  PreferenceSubject of_address(const std::string& category, base::TenantId tenant = kAlice) {
    PreferenceSubject subject;
    subject.tenant = tenant;
    subject.address = "zoe@example.com";
    subject.category = category;
    return subject;
  }
  std::string page(const PreferenceSubject& subject) {
    return path_of(links_.page_for(subject, clock_.now()));
  }
  std::string unsubscribe(const PreferenceSubject& subject) {
    return path_of(links_.unsubscribe_for(subject, clock_.now()));
  }
  FaceAnswer submit(const std::string& path, const std::string& form) {
    return send(http::Method::kPost, path,
                {.body = form,
                 .if_match = {},
                 .content_type = "application/x-www-form-urlencoded",
                 .tenant = kBob});  // nobody asks who it is
  }
  bool wants(const std::string& category, Channel channel) {
    const auto kept = db().read(storage::Context::tenant(kAlice), [&](storage::Transaction& tx) {
      return store::find_recipient(tx, "ann");
    });
    return choices_of(std::string_view((*kept)->preferences))->of(category, channel, true).wanted;
  }
  bool suppressed(const std::string& category, base::TenantId tenant = kAlice) {
    const auto found = db().read(storage::Context::tenant(tenant), [&](storage::Transaction& tx) {
      return store::suppressed(tx, Channel::kEmail, "zoe@example.com", category);
    });
    return found->has_value();
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, PreferencePageTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(PreferencePageTest, AGetShowsAndChangesNothing) {
  put("/v1/recipients/ann", R"({"preferences":{"categories":{"news":{"sms":false}}}})");
  put("/v1/notification-categories/news",
      R"({"title":"<b>News</b>","description":"\"Weekly\" & more","channels":{"push":false}})");
  put("/v1/notification-categories/security", R"({"title":"Security","critical":true})");
  for (const std::string& path : {page(of_ann("news")), unsubscribe(of_ann("news"))}) {
    const FaceAnswer shown = get(path, kBob);
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(shown.body.find("<b>"), std::string::npos);
    EXPECT_NE(shown.body.find("&lt;b&gt;News"), std::string::npos);
    EXPECT_NE(shown.body.find("&quot;Weekly&quot; &amp; more"), std::string::npos);
    EXPECT_NE(shown.body.find("value=\"news:email\" aria-label=\"&lt;b&gt;News&lt;/b&gt;: Mail\" "
                              "checked"),
              std::string::npos);
    EXPECT_EQ(shown.body.find("News&lt;/b&gt;: SMS\" checked"), std::string::npos);
    EXPECT_EQ(shown.body.find("News&lt;/b&gt;: Push\" checked"), std::string::npos);
    EXPECT_EQ(shown.body.find("value=\"security\""), std::string::npos);
    EXPECT_NE(shown.header("Content-Security-Policy").find("default-src 'none'"),
              std::string::npos);
    EXPECT_EQ(shown.header("Set-Cookie"), "");
  }
  EXPECT_TRUE(wants("news", Channel::kEmail));
}

TEST_P(PreferencePageTest, OneClickEndsTheMessagesKindByItsChannel) {
  put("/v1/recipients/ann", "{}");
  const std::string path = unsubscribe(of_ann("news"));
  for (const char* body : {"", "unsubscribe=1", "List-Unsubscribe=Two-Clicks"}) {
    EXPECT_EQ(submit(path, body).status, 400) << body;
  }
  EXPECT_TRUE(wants("news", Channel::kEmail));
  const FaceAnswer done = submit(path, kOneClick);
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.header("Location"), "");
  EXPECT_EQ(submit(path, kOneClick).status, 200);
  EXPECT_FALSE(wants("news", Channel::kEmail));
  EXPECT_TRUE(wants("news", Channel::kPush));
  EXPECT_TRUE(wants("offers", Channel::kEmail));
}

TEST_P(PreferencePageTest, OneClickOfABareAddressSuppressesIt) {
  EXPECT_EQ(submit(unsubscribe(of_address("news")), kOneClick).status, 200);
  EXPECT_TRUE(suppressed("news"));
  EXPECT_FALSE(suppressed("offers"));
  EXPECT_FALSE(suppressed("news", kBob));
  // A tenant that is gone gets no rows from old links.
  EXPECT_EQ(submit(unsubscribe(of_address("news", base::TenantId(987'654'321))), kOneClick).status,
            404);
  const std::string path = page(of_address("news"));
  EXPECT_NE(get(path).body.find("You are unsubscribed"), std::string::npos);
  submit(path, "decision=again");
  EXPECT_FALSE(suppressed("news"));
  submit(path, "decision=stop_all");
  EXPECT_TRUE(suppressed("offers"));
}

TEST_P(PreferencePageTest, AReaderTakesBackNoBounce) {
  const std::string path = page(of_address("news"));
  const auto bounce = [&](const std::string& category) {
    const auto noted = db().write(storage::Context::tenant(kAlice), [&](storage::Transaction& tx) {
      return store::suppress(tx, {Channel::kEmail, "zoe@example.com", category,
                                  Suppression::kHardBounce, "relay", "", clock_.now()});
    });
    EXPECT_TRUE(noted.ok() && *noted);
  };
  // One of the category below the reader's own end of all.
  submit(path, "decision=stop_all");
  bounce("news");
  submit(path, "decision=again");
  EXPECT_TRUE(suppressed("news"));
  EXPECT_FALSE(suppressed("offers"));
  // One of all, before and after the reader's own end of all.
  submit(path, "decision=stop_all");
  bounce("");
  submit(path, "decision=stop_all");
  submit(path, "decision=again");
  EXPECT_TRUE(suppressed("offers"));
}

TEST_P(PreferencePageTest, TheFormSavesWhatIsTickedAndWhatIsNot) {
  put("/v1/recipients/ann", "{}");
  put("/v1/notification-categories/news", R"({"title":"News"})");
  put("/v1/notification-categories/security", R"({"title":"Security","critical":true})");
  const std::string path = page(of_ann());
  const FaceAnswer saved = submit(
      path, "of=news&on=news%3Apush&on=news%3Ainbox&of=security&of=other&on=%zz&decision=save");
  EXPECT_EQ(saved.status, 200);
  EXPECT_NE(saved.body.find("Saved."), std::string::npos);
  EXPECT_FALSE(wants("news", Channel::kEmail));
  EXPECT_TRUE(wants("news", Channel::kPush));
  EXPECT_TRUE(wants("security", Channel::kEmail));
  EXPECT_TRUE(wants("other", Channel::kEmail));
  EXPECT_EQ(submit(path, "of=news").status, 400);
  submit(path, "decision=none");
  EXPECT_FALSE(wants("news", Channel::kPush));
  EXPECT_FALSE(wants("other", Channel::kEmail));
}

// A message may be of a category that nobody has kept.
TEST_P(PreferencePageTest, TheMessagesOwnCategoryIsShownEndedAndTakenBackThoughItIsNotKept) {
  put("/v1/recipients/ann", "{}");
  put("/v1/notification-categories/news", R"({"title":"News"})");
  EXPECT_EQ(get(page(of_ann())).body.find("offers"), std::string::npos);
  const std::string path = page(of_ann("offers"));
  EXPECT_NE(get(path).body.find("value=\"offers:email\" aria-label=\"offers: Mail\" checked"),
            std::string::npos);
  submit(unsubscribe(of_ann("offers")), kOneClick);
  EXPECT_FALSE(wants("offers", Channel::kEmail));
  // Also by a link that names none: it is among the reader's choices.
  const std::string any = page(of_ann());
  EXPECT_NE(get(any).body.find("aria-label=\"offers: Mail\">"), std::string::npos);
  submit(any, "of=offers&on=offers%3Aemail&decision=save");
  EXPECT_TRUE(wants("offers", Channel::kEmail));
  const FaceAnswer stopped = submit(any, "decision=none");
  EXPECT_NE(stopped.body.find("All of it is stopped"), std::string::npos);
  EXPECT_EQ(stopped.body.find("Saved."), std::string::npos);
  EXPECT_NE(stopped.body.find("aria-label=\"offers: Mail\">"), std::string::npos);
  EXPECT_FALSE(wants("offers", Channel::kEmail));
  EXPECT_FALSE(wants("another", Channel::kEmail));
  submit(any, "of=offers&on=offers%3Aemail&decision=save");
  EXPECT_TRUE(wants("offers", Channel::kEmail));
}

TEST_P(PreferencePageTest, OnlyAWholeLinkOpens) {
  put("/v1/recipients/ann", "{}");
  const std::string path = page(of_ann());
  const std::string token = path.substr(3);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    if (forged == token) continue;
    ASSERT_EQ(get("/n/" + forged).status, 404) << i;
  }
  EXPECT_EQ(get("/n/x").status, 404);
  const PreferenceLinks others(std::string(32, 'x'), "https://ashlar.example");
  EXPECT_EQ(get(path_of(others.page_for(of_ann(), clock_.now()))).status, 404);
  clock_.advance(PreferenceLinks::kLife - base::Seconds{1});
  EXPECT_EQ(get(path).status, 200);
  clock_.advance(base::Seconds{1});
  EXPECT_EQ(get(path).status, 404);
  EXPECT_EQ(submit(path + "/unsubscribe", kOneClick).status, 404);
}

TEST_P(PreferencePageTest, ALinkIsTheSameAtEachAttemptAndDiesWithItsUser) {
  put("/v1/recipients/ann", "{}");
  EXPECT_EQ(page(of_ann("news")), page(of_ann("news")));
  const FaceAnswer made = post("/v1/recipients/ann/preferences-link", "");
  ASSERT_EQ(made.status, 201);
  const std::string path = path_of(made.text({"url"}));
  EXPECT_EQ(get(path).status, 200);
  remove("/v1/recipients/ann");
  EXPECT_EQ(get(path).status, 404);
  EXPECT_EQ(submit(path, "decision=none").status, 404);
  EXPECT_EQ(get("/v1/recipients/ann").status, 404);
}

TEST(OneClick, IsReadInBothEncodings) {
  EXPECT_TRUE(is_one_click(kOneClick));
  EXPECT_TRUE(is_one_click("a=b&List-Unsubscribe=One-Click"));
  EXPECT_TRUE(
      is_one_click("--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
                   "One-Click\r\n--x--\r\n"));
  EXPECT_FALSE(
      is_one_click("--x\r\nContent-Disposition: form-data; name=\"Other\"\r\n\r\n"
                   "One-Click\r\n--x--\r\n"));
  EXPECT_FALSE(is_one_click(""));
}

}  // namespace
}  // namespace ashlar::notifications
