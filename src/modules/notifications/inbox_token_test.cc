#include "modules/notifications/inbox_token.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "modules/notifications/inbox_feed.h"
#include "modules/notifications/inbox_tokens_store.h"
#include "modules/notifications/preference_links.h"
#include "modules/notifications/signed_text.h"
#include "modules/notifications/testing/recipients_fixture.h"
#include "platform/http/event_stream.h"
#include "platform/net/loop_group.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::notifications {
namespace {

const std::string kSecret(InboxTokens::kSecretBytes, 's');

InboxToken token() {
  return {.tenant = base::TenantId(7),
          .tenant_name = "acme",
          .user = "u_42",
          .key = security::KeyId(3),
          .made = base::from_micros(1'700'000'000'000'001),
          .expires = base::from_micros(1'700'003'600'000'001)};
}

TEST(InboxToken, IsReadAsItWasMade) {
  const InboxTokens tokens(kSecret);
  InboxToken admins = token();
  admins.key = {};
  for (const InboxToken& one : {token(), admins}) {
    const std::string text = tokens.make(one);
    EXPECT_TRUE(text.starts_with("it_"));
    EXPECT_EQ(text.find_first_of("+/=&?# \n"), std::string::npos);
    EXPECT_EQ(tokens.read(text), one);
  }
}

TEST(InboxToken, NoOtherTextIsOne) {
  const InboxTokens tokens(kSecret);
  const std::string text = tokens.make(token());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    // The next of base64url's letters: never the same bits.
    other[i] = other[i] == 'A' ? 'B' : 'A';
    if (other != text && tokens.read(other)) {
      // The last letter of a part has bits that say nothing.
      EXPECT_EQ(*tokens.read(other), token()) << i;
    }
    EXPECT_FALSE(tokens.read(text.substr(0, i)) && i + 1 < text.size()) << i;
  }
  EXPECT_FALSE(InboxTokens(std::string(32, 't')).read(text));
  EXPECT_FALSE(tokens.read(text.substr(3)));
  EXPECT_FALSE(tokens.read(""));
  EXPECT_FALSE(tokens.read("it_."));
  EXPECT_FALSE(tokens.read("it_" + std::string(5'000, 'A')));
}

TEST(InboxToken, WhatTheSameSecretSignedForElseIsNone) {
  // Where one secret served both by mistake, the version still tells them apart.
  const PreferenceLinks links(kSecret, "https://x.example");
  PreferenceSubject subject;
  subject.tenant = base::TenantId(7);
  subject.user_id = "u";
  const std::string page = links.page_for(subject, base::Time{});
  EXPECT_FALSE(InboxTokens(kSecret).read("it_" + page.substr(page.rfind('/') + 1)));
  const std::array<std::string, 7> nobody{"inbox-1", "0", "x", "u", "1", "1", "1"};
  EXPECT_FALSE(InboxTokens(kSecret).read("it_" + signed_text(kSecret, nobody)));
}

// What is pushed to one who watches.
class HeardStream final : public http::EventStream {
 public:
  bool push(std::string_view event, std::string_view data) override {
    heard += std::string(event) + " " + std::string(data) + "\n";
    return open;
  }
  void close() override { open = false; }
  [[nodiscard]] bool is_open() const override { return open; }
  std::string heard;
  bool open = true;
};

class InboxTokensStoreTest : public RecipientsFixture {
 protected:
  template <class F>
  auto run(base::TenantId tenant, F&& fn) {
    auto result = db().write(storage::Context::tenant(tenant), fn);
    EXPECT_TRUE(result.ok()) << result.error().detail;
    return result;
  }
  bool is_ended(std::string_view user, base::Time made, base::TenantId tenant = kAlice) {
    return *run(tenant, [&](storage::Transaction& tx) {
      return store::is_inbox_token_ended(tx, user, made);
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Storage, InboxTokensStoreTest, storage::both_engines(),
                         storage::engine_name);

TEST_P(InboxTokensStoreTest, EndsAUsersTokensUntilNowAndNobodyElses) {
  const base::Time now = clock_.now();
  const base::Seconds second{1};
  const auto end = [&](base::Time at) {
    static_cast<void>(run(
        kAlice, [&](storage::Transaction& tx) { return store::end_inbox_tokens(tx, "ann", at); }));
  };
  EXPECT_FALSE(is_ended("ann", now));
  end(now);
  EXPECT_TRUE(is_ended("ann", now));
  EXPECT_TRUE(is_ended("ann", now - second));
  EXPECT_FALSE(is_ended("ann", now + second));
  EXPECT_FALSE(is_ended("bob", now));
  EXPECT_FALSE(is_ended("ann", now, kBob));
  end(now - second);  // one that came late takes nothing back
  EXPECT_TRUE(is_ended("ann", now));
  end(now + second);
  EXPECT_TRUE(is_ended("ann", now + second));
  const auto erased = [&](base::TenantId tenant) {
    return *run(tenant,
                [](storage::Transaction& tx) { return store::erase_inbox_token_ends(tx, 100); });
  };
  EXPECT_EQ(erased(kBob), 0);
  EXPECT_EQ(erased(kAlice), 1);
}

TEST_P(InboxTokensStoreTest, ForgetsEndsOfTokensThatAreOver) {
  const base::Time now = clock_.now();
  static_cast<void>(
      run(kAlice, [&](storage::Transaction& tx) { return store::end_inbox_tokens(tx, "a", now); }));
  static_cast<void>(
      run(kBob, [&](storage::Transaction& tx) { return store::end_inbox_tokens(tx, "b", now); }));
  const auto sweep = [&](base::Time before) {
    return *db().write(
        storage::Context::platform(storage::PlatformUse::kMaintenance),
        [&](storage::Transaction& tx) { return store::sweep_inbox_token_ends(tx, before, 1); });
  };
  EXPECT_EQ(sweep(now), 0);
  EXPECT_EQ(sweep(now + base::Seconds{1}), 1);
  EXPECT_EQ(sweep(now + base::Seconds{1}), 1);
  EXPECT_EQ(sweep(now + base::Seconds{1}), 0);
  for (const storage::Sql* sql : store::inbox_token_statements()) {
    for (const auto dialect : {storage::Dialect::kSqlite, storage::Dialect::kPostgres}) {
      EXPECT_TRUE(storage::engine_text(*sql, dialect).ok()) << sql->text;
    }
  }
}

// An end that came after the token was read and before anybody was heard for is not lost.
TEST_P(InboxTokensStoreTest, ATokenEndedMeanwhileIsLetOutAgain) {
  InboxFeed feed(db(), clock_);
  net::LoopGroup loops(1, "feed", clock_);
  for (const bool ended : {false, true}) {
    const auto stream = std::make_shared<HeardStream>();
    const base::Status watched = feed.watch({.tenant = kAlice,
                                             .key = {},
                                             .user = "ann",
                                             .until = clock_.now() + base::Seconds{60},
                                             .ended = [ended] { return ended; }},
                                            loops, stream);
    EXPECT_TRUE(watched.ok());
    EXPECT_EQ(stream->open, !ended);
    EXPECT_EQ(stream->heard, ended ? "ended {\"reason\":\"ended_inbox_token\"}\n" : "");
  }
}

}  // namespace
}  // namespace ashlar::notifications
