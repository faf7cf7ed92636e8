// RecipientsFixture: the faces of recipients, audiences, providers and the hosted page over a
// database of either engine, called as the server calls them; two tenants.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "modules/notifications/preference_links.h"
#include "modules/notifications/provider.h"
#include "modules/notifications/recipient_parts.h"
#include "platform/http/cursor.h"
#include "platform/json/value.h"
#include "platform/security/secret_box.h"
#include "platform/storage/testing/product_store.h"
#include "platform/zone/zone_directory.h"

namespace ashlar::notifications {

inline constexpr base::TenantId kAlice{1};
inline constexpr base::TenantId kBob{2};

struct FaceAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  json::Value json;

  [[nodiscard]] std::string header(const std::string& name) const;
  // By the names of members and numbers of items: "data", "0", "id". "": not there. Numbers and
  // booleans as JSON has them.
  [[nodiscard]] std::string text(std::initializer_list<std::string_view> path) const;
};

// A kind with a secret and a callback, for tests: {"host", "password"?}.
ProviderKind test_kind();

class RecipientsFixture : public ::testing::TestWithParam<storage::Dialect> {
 protected:
  void SetUp() override;

  struct Sent {
    std::string body, if_match, content_type = "application/json";
    base::TenantId tenant = kAlice;
  };
  FaceAnswer send(http::Method method, const std::string& target, const Sent& sent);
  FaceAnswer get(const std::string& target, base::TenantId tenant = kAlice);
  FaceAnswer put(const std::string& target, const std::string& body,
                 base::TenantId tenant = kAlice);
  FaceAnswer post(const std::string& target, const std::string& body,
                  base::TenantId tenant = kAlice);
  FaceAnswer patch(const std::string& target, const std::string& body);
  FaceAnswer remove(const std::string& target, const std::string& body = {},
                    base::TenantId tenant = kAlice);

  storage::Database& db() { return *db_; }

  std::unique_ptr<storage::TestStore> store_;
  std::unique_ptr<storage::Database> db_;
  base::ManualClock clock_;
  base::SeededEntropy entropy_{7};
  zone::ZoneDirectory zones_;
  security::SecretBox box_{std::string(security::SecretBox::kKeyBytes, 'b'), entropy_};
  PreferenceLinks links_{std::string(32, 'k'), "https://ashlar.example"};
  http::CursorCodec cursors_{kit::SipKey{3, 4}};
  std::vector<ProviderKind> kinds_{test_kind()};
  std::unique_ptr<RecipientParts> parts_;
  http::RouteTable routes_;
};

}  // namespace ashlar::notifications
