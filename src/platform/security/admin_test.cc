#include "platform/security/admin.h"

#include <atomic>
#include <thread>

#include "platform/security/password.h"
#include "platform/security/settings.h"
#include "platform/security/testing/security_test_base.h"

namespace ashlar::security {
namespace {

using base::Seconds;

constexpr std::string_view kPassword = "correct horse battery";
constexpr std::string_view kOther = "another password";

class AdminTest : public SecurityTest {
 protected:
  std::string claim_token(Admin& admin) {
    auto token = admin.offer_claim();
    EXPECT_TRUE(token.ok() && token->has_value());
    return token.ok() ? token->value_or("") : "";
  }
  std::string claim(Admin& admin) {
    Admin::Attempt attempt{"192.0.2.1"};
    auto session = admin.claim(claim_token(admin), kPassword, attempt);
    EXPECT_TRUE(session.ok()) << reason_of(session);
    return session.ok() ? *session : "";
  }
  std::string try_claim(Admin& admin, std::string_view token, std::string_view password) {
    Admin::Attempt attempt{"192.0.2.1"};
    return reason_of(admin.claim(token, password, attempt));
  }
  std::string try_sign_in(Admin& admin, std::string_view password) {
    Admin::Attempt attempt{"192.0.2.1"};
    return reason_of(admin.sign_in(password, attempt));
  }
};

TEST_P(AdminTest, ClaimOnceThenSignIn) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  EXPECT_FALSE(*admin.is_claimed());
  EXPECT_EQ(try_sign_in(admin, kPassword), "not_claimed");
  const std::string token = claim_token(admin);
  EXPECT_EQ(try_claim(admin, token, kPassword), "ok");
  EXPECT_TRUE(*admin.is_claimed());
  EXPECT_EQ(try_claim(admin, token, kOther), "already_claimed");
  EXPECT_EQ(*admin.offer_claim(), std::nullopt);
  EXPECT_EQ(try_sign_in(admin, kPassword), "ok");
  EXPECT_EQ(try_sign_in(admin, kOther), "wrong_password");
}

TEST_P(AdminTest, AClaimTokenEnds) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  EXPECT_EQ(try_claim(admin, "guess", kPassword), "claim_token_invalid");
  const std::string old = claim_token(admin);
  const std::string current = claim_token(admin);
  EXPECT_EQ(try_claim(admin, old, kPassword), "claim_token_invalid");
  EXPECT_EQ(try_claim(admin, "", kPassword), "claim_token_invalid");
  clock_.advance(Admin::kClaimLifetime);
  EXPECT_EQ(try_claim(admin, current, kPassword), "claim_token_invalid");
  const std::string fresh = claim_token(admin);
  clock_.advance(Admin::kClaimLifetime - base::Micros(1));
  EXPECT_EQ(try_claim(admin, fresh, kPassword), "ok");
}

TEST_P(AdminTest, PasswordRules) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  struct Case {
    std::string password;
    const char* field_reason;
  };
  const Case cases[] = {
      {"", "too_short"},
      {"123456789", "too_short"},
      {"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", "too_short"},  // ten bytes, five characters
      {std::string(257, 'x'), "too_long"},
      {"0123456789\xff", "bad_format"},
  };
  const std::string token = claim_token(admin);
  for (const Case& c : cases) {
    Admin::Attempt attempt{"192.0.2.1"};
    const auto refused = admin.claim(token, c.password, attempt);
    ASSERT_FALSE(refused.ok());
    ASSERT_EQ(refused.error().fields.size(), 1u);
    EXPECT_EQ(refused.error().fields[0].field, "/password");
    EXPECT_STREQ(refused.error().fields[0].reason, c.field_reason);
    EXPECT_EQ(reason_of(admin.reset_password(c.password)), "invalid_request");
  }
  EXPECT_EQ(try_claim(admin, token, std::string(256, 'x')), "ok");
}

// Of many claims at one moment one wins; the password is the winner's.
TEST_P(AdminTest, OneOfManyClaimsWins) {
  Admin first(db(), clock_, entropy_, kCheapCost);
  Admin second(db(), clock_, entropy_, kCheapCost);  // as another process would have
  const std::string token = claim_token(first);
  std::atomic<int> won{0};
  std::atomic<int> lost{0};
  std::atomic<int> winner{-1};
  std::vector<std::thread> claims;
  for (int i = 0; i < 4; ++i) {
    claims.emplace_back([&, i] {
      Admin& own = i % 2 == 0 ? first : second;
      Admin::Attempt attempt{"192.0.2.1"};
      const auto session = own.claim(token, "password number " + std::to_string(i), attempt);
      if (session.ok()) {
        ++won;
        winner = i;
      } else if (reason_of(session) == "already_claimed" ||
                 reason_of(session) == "password_checks_busy") {
        ++lost;
      }
    });
  }
  for (std::thread& thread : claims) thread.join();
  EXPECT_EQ(won.load(), 1);
  EXPECT_EQ(lost.load(), 3);
  EXPECT_EQ(try_sign_in(first, "password number " + std::to_string(winner.load())), "ok");
}

// Whoever is told to come back in a second has guessed nothing: it does not count as an attempt.
TEST_P(AdminTest, WhoFindsTheChecksBusyIsNotCharged) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  claim(admin);
  for (int round = 0; round < 10; ++round) {
    std::vector<std::thread> threads;
    std::atomic<int> others{0};
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        Admin::Attempt attempt{"192.0.2.7"};
        const std::string reason = reason_of(admin.sign_in(kPassword, attempt));
        if (reason != "ok" && reason != "password_checks_busy") ++others;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(others.load(), 0) << "round " << round;
  }
  for (int i = 0; i < 10; ++i) {
    Admin::Attempt attempt{"192.0.2.7"};
    EXPECT_EQ(reason_of(admin.sign_in(kOther, attempt)), "wrong_password");
  }
}

TEST_P(AdminTest, ASessionLivesFromUseToUseAndNotForEver) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  const std::string session = claim(admin);
  EXPECT_TRUE(admin.check_session(session).ok());
  EXPECT_EQ(reason_of(admin.check_session("")), "session_ended");
  EXPECT_EQ(reason_of(admin.check_session(session + "x")), "session_ended");

  Seconds age{0};
  while (age + Seconds(11 * 3600) < Admin::kSessionMaxAge) {
    clock_.advance(Seconds(11 * 3600));
    age += Seconds(11 * 3600);
    ASSERT_TRUE(admin.check_session(session).ok()) << age.count();
  }
  clock_.advance(Admin::kSessionMaxAge - age - Seconds(1));
  EXPECT_TRUE(admin.check_session(session).ok());
  clock_.advance(Seconds(1));
  EXPECT_EQ(reason_of(admin.check_session(session)), "session_ended");
}

TEST_P(AdminTest, AnUnusedSessionEndsAfterTwelveHours) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  const std::string session = claim(admin);
  clock_.advance(Admin::kSessionLifetime - Seconds(1));
  EXPECT_TRUE(admin.check_session(session).ok());
  clock_.advance(Admin::kSessionLifetime - Seconds(1));
  EXPECT_TRUE(admin.check_session(session).ok());
  clock_.advance(Admin::kSessionLifetime);
  EXPECT_EQ(reason_of(admin.check_session(session)), "session_ended");
}

TEST_P(AdminTest, SignOutEndsOneSession) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  const std::string a = claim(admin);
  Admin::Attempt attempt{"192.0.2.1"};
  const std::string b = *admin.sign_in(kPassword, attempt);
  EXPECT_NE(a, b);
  EXPECT_TRUE(admin.sign_out(a).ok());
  EXPECT_TRUE(admin.sign_out(a).ok());
  EXPECT_EQ(reason_of(admin.check_session(a)), "session_ended");
  EXPECT_TRUE(admin.check_session(b).ok());
}

TEST_P(AdminTest, ResetEndsEverySession) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  const std::string session = claim(admin);
  ASSERT_TRUE(admin.reset_password(kOther).ok());
  EXPECT_EQ(reason_of(admin.check_session(session)), "session_ended");
  EXPECT_EQ(try_sign_in(admin, kPassword), "wrong_password");
  EXPECT_EQ(try_sign_in(admin, kOther), "ok");
}

TEST_P(AdminTest, ResetOfTheUnclaimedIsAClaim) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  const std::string token = claim_token(admin);
  ASSERT_TRUE(admin.reset_password(kOther).ok());
  EXPECT_EQ(try_claim(admin, token, kPassword), "already_claimed");
  EXPECT_EQ(try_sign_in(admin, kOther), "ok");
}

TEST_P(AdminTest, GuessingIsBounded) {
  Admin admin(db(), clock_, entropy_, kCheapCost);
  claim(admin);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(try_sign_in(admin, "wrong password"), "wrong_password") << i;
  Admin::Attempt attempt{"192.0.2.1"};
  EXPECT_EQ(reason_of(admin.sign_in(kPassword, attempt)), "too_many_attempts");
  EXPECT_EQ(attempt.retry_after, Seconds(30));
  Admin::Attempt elsewhere{"192.0.2.2"};
  EXPECT_TRUE(admin.sign_in(kPassword, elsewhere).ok());
  clock_.advance(Seconds(31));
  EXPECT_EQ(try_sign_in(admin, kPassword), "ok");
}

TEST_P(AdminTest, ADearerCostIsTakenAtTheNextSignIn) {
  Admin cheap(db(), clock_, entropy_, kCheapCost);
  claim(cheap);
  Settings settings(db(), entropy_);
  EXPECT_TRUE(settings.get("admin.password")->value().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
  Admin dear(db(), clock_, entropy_, PasswordCost{2, 128 * 1024});
  EXPECT_EQ(try_sign_in(dear, kPassword), "ok");
  EXPECT_TRUE(settings.get("admin.password")->value().starts_with("$argon2id$v=19$m=128,t=2,p=1$"));
  EXPECT_EQ(try_sign_in(dear, kPassword), "ok");
}

ASHLAR_ON_BOTH_ENGINES(AdminTest);

// Written with another implementation (the argon2 command), so that ours is known to be the
// standard's.
TEST(Password, IsStandardArgon2id) {
  const std::string hash =
      "$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
      "SWlHHErbwhFlaGgf7nP7vh2yQrLkwxF3u682H5RxhBM";
  EXPECT_TRUE(verify_password(hash, "password here"));
  EXPECT_FALSE(verify_password(hash, "password hers"));
}

TEST(Password, ADamagedHashMatchesNothing) {
  base::SeededEntropy entropy(5);
  const auto hash = hash_password(kPassword, {1, 64 * 1024}, entropy);
  ASSERT_TRUE(hash.ok());
  EXPECT_TRUE(verify_password(*hash, kPassword));
  for (const std::string& damaged :
       {std::string(), std::string("x"), hash->substr(0, hash->size() - 1), std::string(500, 'x'),
        "$argon2i" + hash->substr(9)}) {
    EXPECT_FALSE(verify_password(damaged, kPassword)) << damaged;
  }
}

TEST(Password, OnlyWhatIsAffordableIsAHash) {
  const std::string salted = "$c29tZXNhbHRzb21lc2FsdA$SWlHHErbwhFlaGgf7nP7vh2yQrLkwxF3u682H5RxhBM";
  const auto is_hash = [&](const std::string& cost) {
    return is_password_hash("$argon2id$v=19$" + cost + salted);
  };
  for (const char* good : {"m=1024,t=2,p=1", "m=8,t=1,p=1", "m=65536,t=8,p=1"}) {
    EXPECT_TRUE(is_hash(good)) << good;
  }
  for (const char* bad : {"m=65537,t=2,p=1", "m=1024,t=9,p=1", "m=1024,t=2,p=2", "m=7,t=1,p=1",
                          "m=1024,t=0,p=1", "m=01024,t=2,p=1", "m=,t=2,p=1", "m=-8,t=2,p=1",
                          "m=1024,t=4294967298,p=1", "m=18446744073709551617,t=1,p=1"}) {
    EXPECT_FALSE(is_hash(bad)) << bad;
    EXPECT_FALSE(verify_password("$argon2id$v=19$" + std::string(bad) + salted, "password here"));
  }
  EXPECT_FALSE(is_password_hash("$argon2id$v=19$m=1024,t=2,p=1" + salted + "x"));
  EXPECT_FALSE(
      is_password_hash("$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHRzb21lc2Fsd!" + salted.substr(23)));
}

TEST(Password, SaltsDiffer) {
  base::SeededEntropy entropy(6);
  const PasswordCost cost{1, 64 * 1024};
  EXPECT_NE(*hash_password(kPassword, cost, entropy), *hash_password(kPassword, cost, entropy));
}

}  // namespace
}  // namespace ashlar::security
