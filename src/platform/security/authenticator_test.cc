#include "platform/security/authenticator.h"

#include "base/encoding.h"
#include "platform/http/http_parser.h"
#include "platform/security/testing/security_test_base.h"

namespace ashlar::security {
namespace {

class AuthenticatorTest : public SecurityTest {
 protected:
  void SetUp() override {
    SecurityTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    keys_ = make_keys();
    admin_ = std::make_unique<Admin>(db(), clock_, entropy_, kCheapCost);
    tenants_ = std::make_unique<Tenants>(db(), clock_, std::vector<TenantData>{});
    authenticator_ = std::make_unique<Authenticator>(*keys_, *admin_, *tenants_);
    key_ = keys_->create(alpha(), {{}, {"links:read"}, {}}, admin())->text;
    Admin::Attempt attempt{"192.0.2.1"};
    session_ = *admin_->claim(**admin_->offer_claim(), "correct horse battery", attempt);
  }
  void TearDown() override {
    close();
    keys_.reset();
  }

  // "ok" or the reason. `headers` as on the wire; KEY and SESSION stand for the real ones.
  std::string outcome(const std::string& method, std::string headers) {
    const auto replace = [&](const std::string& mark, const std::string& by) {
      for (std::size_t at; (at = headers.find(mark)) != std::string::npos;)
        headers.replace(at, mark.size(), by);
    };
    replace("KEY", key_);
    replace("SESSION", session_);
    const std::string text =
        method + " /v1/links HTTP/1.1\r\nHost: ashlar.test:8080\r\n" + headers + "\r\n";
    http::RequestHead head;
    http::ParseError error;
    if (http::parse_request_head(text, {}, head, error) != http::ParseState::kComplete)
      return "not parsed";
    last_ = by_key_field_ ? authenticator_->authenticate_api_key_field(head)
                          : authenticator_->authenticate(head);
    return reason_of(*last_);
  }

  std::unique_ptr<ApiKeys> keys_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Tenants> tenants_;
  std::unique_ptr<Authenticator> authenticator_;
  bool by_key_field_ = false;
  std::string key_;
  std::string session_;
  std::optional<base::Result<Principal>> last_;
};

TEST_P(AuthenticatorTest, WhoIsCalling) {
  struct Case {
    const char* method;
    const char* headers;
    const char* outcome;
  };
  const Case cases[] = {
      {"GET", "", "missing_credentials"},
      {"GET", "Cookie: other=1; ashlar=2\r\n", "missing_credentials"},
      {"GET", "Cookie: ashlar_session=\r\n", "missing_credentials"},
      {"GET", "Authorization: Bearer KEY\r\n", "ok"},
      {"GET", "authorization: bEaReR KEY\r\n", "ok"},
      {"GET", "Authorization: Bearer   KEY\r\n", "ok"},
      {"POST", "Authorization: Bearer KEY\r\n", "ok"},
      {"POST", "Authorization: Bearer KEY\r\nOrigin: https://elsewhere.test\r\n", "ok"},
      {"GET", "Authorization: Bearer\r\n", "bad_authorization"},
      {"GET", "Authorization: KEY\r\n", "bad_authorization"},
      {"GET", "Authorization: Basic KEY\r\n", "bad_authorization"},
      {"GET", "Authorization: Bearer KEY KEY\r\n", "bad_authorization"},
      {"GET", "Authorization: Bearer KEY,\r\n", "bad_authorization"},
      {"GET", "Authorization: Bearer \xc3\xa4\r\n", "bad_authorization"},
      {"GET", "Authorization: Bearer KEYx\r\n", "invalid_api_key"},
      {"GET", "Authorization: Bearer abc\r\n", "invalid_api_key"},
      // A key that is wrong is not healed by a session beside it.
      {"GET", "Authorization: Bearer abc\r\nCookie: ashlar_session=SESSION\r\n", "invalid_api_key"},
      {"GET", "Cookie: ashlar_session=SESSION\r\n", "ok"},
      {"GET", "Cookie: a=b;ashlar_session=SESSION;c=d\r\n", "ok"},
      {"GET", "Cookie: ashlar_session=\"SESSION\"\r\n", "ok"},
      {"GET", "Cookie: ashlar_session=SESSIONx\r\n", "session_ended"},
      {"GET", "Cookie: xashlar_session=SESSION\r\n", "missing_credentials"},
      {"GET", "Cookie: ASHLAR_SESSION=SESSION\r\n", "missing_credentials"},
      {"HEAD", "Cookie: ashlar_session=SESSION\r\nOrigin: https://elsewhere.test\r\n", "ok"},
      {"POST", "Cookie: ashlar_session=SESSION\r\n", "csrf_check_failed"},
      {"DELETE", "Cookie: ashlar_session=SESSION\r\n", "csrf_check_failed"},
      {"PATCH", "Cookie: ashlar_session=SESSION\r\nX-Requested-With: XMLHttpRequest\r\n",
       "csrf_check_failed"},
      {"POST", "Cookie: ashlar_session=SESSION\r\nX-Requested-With: ashlar-console\r\n", "ok"},
      {"POST",
       "Cookie: ashlar_session=SESSION\r\nX-Requested-With: ashlar-console\r\nOrigin: "
       "http://ashlar.test:8080\r\n",
       "ok"},
      {"POST",
       "Cookie: ashlar_session=SESSION\r\nX-Requested-With: ashlar-console\r\nOrigin: "
       "https://ASHLAR.test:8080\r\n",
       "ok"},
      {"POST",
       "Cookie: ashlar_session=SESSION\r\nX-Requested-With: ashlar-console\r\nOrigin: "
       "http://ashlar.test\r\n",
       "csrf_check_failed"},
      {"POST",
       "Cookie: ashlar_session=SESSION\r\nX-Requested-With: ashlar-console\r\nOrigin: "
       "http://ashlar.test:8080.evil.test\r\n",
       "csrf_check_failed"},
      {"POST",
       "Cookie: ashlar_session=SESSION\r\nX-Requested-With: ashlar-console\r\nOrigin: null\r\n",
       "csrf_check_failed"},
      {"GET", "Cookie: ashlar_session=SESSION\r\nAshlar-Tenant: beta\r\n", "ok"},
      {"GET", "Cookie: ashlar_session=SESSION\r\nAshlar-Tenant: gamma\r\n", "tenant_not_found"},
      {"GET", "Cookie: ashlar_session=SESSION\r\nAshlar-Tenant: ' OR 1=1\r\n", "tenant_not_found"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(outcome(c.method, c.headers), c.outcome) << c.method << " " << c.headers;
}

TEST_P(AuthenticatorTest, AnotherApisClientsBringTheKeyInAFieldOfItsOwnAlone) {
  EXPECT_EQ(outcome("GET", "X-Api-Key: KEY\r\n"), "missing_credentials");
  by_key_field_ = true;
  const std::pair<const char*, const char*> cases[] = {
      {"", "missing_credentials"},
      {"X-Api-Key:\r\n", "missing_credentials"},
      {"X-Api-Key: KEY\r\n", "ok"},
      {"x-API-key: KEY\r\nOrigin: https://elsewhere.test\r\n", "ok"},
      {"X-Api-Key: KEYx\r\n", "invalid_api_key"},
      {"X-Api-Key: Bearer KEY\r\n", "bad_authorization"},
      {"X-Api-Key: KEY\r\nX-Api-Key: KEY\r\n", "bad_authorization"},
      {"X-Api-Key: KEY\r\nX-Api-Key: other\r\n", "bad_authorization"},
      // What a browser sends by itself, and what other routes take, count for nothing here.
      {"Cookie: ashlar_session=SESSION\r\n", "missing_credentials"},
      {"Authorization: Bearer KEY\r\n", "missing_credentials"},
      {"X-Api-Key: abc\r\nAuthorization: Bearer KEY\r\n", "invalid_api_key"},
  };
  for (const char* method : {"GET", "POST", "DELETE"}) {
    for (const auto& [headers, expected] : cases) {
      EXPECT_EQ(outcome(method, headers), expected) << method << " " << headers;
    }
  }
  EXPECT_EQ(outcome("GET", "X-Api-Key: KEY\r\nAshlar-Tenant: beta\r\n"), "ok");
  EXPECT_EQ((*last_)->tenant, alpha_);
}

// "Basic base64(KEY:)" as `curl -u KEY:` sends it.
std::string basic_of(const std::string& pair) {
  std::string text = base::base64url_encode(pair);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  text.append((4 - text.size() % 4) % 4, '=');
  return "Authorization: Basic " + text + "\r\n";
}

TEST_P(AuthenticatorTest, AListenerForProgramsTakesKeysInTwoWaysAndNoCookie) {
  EXPECT_EQ(outcome("GET", basic_of(key_ + ":")), "bad_authorization");
  authenticator_ =
      std::make_unique<Authenticator>(*keys_, *admin_, *tenants_, Credentials::kKeysAlsoBasic);
  EXPECT_EQ(outcome("GET", basic_of(key_ + ":")), "ok");
  EXPECT_EQ((*last_)->tenant, alpha_);
  EXPECT_EQ(outcome("GET", "Authorization: Bearer KEY\r\n"), "ok");
  EXPECT_EQ(outcome("GET", basic_of(key_)), "bad_authorization");
  EXPECT_EQ(outcome("GET", basic_of(key_ + ":password")), "bad_authorization");
  EXPECT_EQ(outcome("GET", basic_of(":")), "bad_authorization");
  EXPECT_EQ(outcome("GET", basic_of("sk_test_123:")), "invalid_api_key");
  EXPECT_EQ(outcome("GET", "Authorization: Basic ????\r\n"), "bad_authorization");
  EXPECT_EQ(outcome("GET", "Cookie: ashlar_session=SESSION\r\n"), "missing_credentials");
}

TEST_P(AuthenticatorTest, AKeyIsBoundToItsTenantWhateverTheHeaderSays) {
  ASSERT_EQ(outcome("GET", "Authorization: Bearer KEY\r\nAshlar-Tenant: beta\r\n"), "ok");
  EXPECT_EQ((*last_)->kind, Principal::Kind::kKey);
  EXPECT_EQ((*last_)->tenant, alpha_);
}

TEST_P(AuthenticatorTest, TheAdministratorActsForWhomTheHeaderNames) {
  ASSERT_EQ(outcome("GET", "Cookie: ashlar_session=SESSION\r\n"), "ok");
  EXPECT_EQ((*last_)->kind, Principal::Kind::kAdmin);
  EXPECT_FALSE((*last_)->tenant.is_set());
  ASSERT_EQ(outcome("GET", "Cookie: ashlar_session=SESSION\r\nAshlar-Tenant: beta\r\n"), "ok");
  EXPECT_EQ((*last_)->tenant, beta_);
  EXPECT_EQ((*last_)->tenant_name, "beta");
  EXPECT_TRUE((*last_)->has_scope("links:write"));
}

ASHLAR_ON_BOTH_ENGINES(AuthenticatorTest);

TEST(SessionCookie, CarriesWhatKeepsItHome) {
  EXPECT_EQ(session_cookie("T", false), "ashlar_session=T; Path=/; HttpOnly; SameSite=Strict");
  EXPECT_EQ(session_cookie("T", true),
            "ashlar_session=T; Path=/; HttpOnly; SameSite=Strict; Secure");
  EXPECT_EQ(session_cookie("", false),
            "ashlar_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

}  // namespace
}  // namespace ashlar::security
