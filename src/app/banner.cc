#include "app/banner.h"

#include "app/installation.h"
#include "app/modules.h"

namespace ashlar::app {
namespace {

// Empty where the installation has tenants already.
base::Result<std::string> make_sample_key(Installation& ashlar) {
  ASHLAR_ASSIGN(const std::vector<security::Tenant> any, ashlar.tenants->list("", 1));
  if (!any.empty()) return std::string{};
  const base::Result<security::Tenant> demo = ashlar.tenants->create(kSampleTenant);
  // Another instance that starts on the same empty database was faster: its banner shows the key.
  if (!demo.ok() && demo.error().code == base::Code::kConflict) return std::string{};
  if (!demo.ok()) return demo.error();
  security::NewApiKey wanted;
  wanted.name = "sample";
  wanted.scopes = known_scopes();
  security::Principal installer;
  installer.kind = security::Principal::Kind::kAdmin;
  ASHLAR_ASSIGN(const security::CreatedApiKey created,
                ashlar.keys->create(storage::Context::tenant(demo->id), wanted, installer));
  return created.text;
}

std::string curl_line(const std::string& origin, const std::string& key) {
  return "curl -s " + origin + "/v1/links -H 'Authorization: Bearer " + key +
         "' -H 'Content-Type: application/json' -d '{\"url\":\"https://example.com/\"}'";
}

}  // namespace

base::Result<std::string> make_banner(Installation& ashlar, const std::string& listened,
                                      const std::string& origin) {
  ASHLAR_ASSIGN(const std::optional<std::string> claim, ashlar.admin->offer_claim());
  ASHLAR_ASSIGN(const std::string key, make_sample_key(ashlar));
  std::string text = std::string("\n  Ashlar ") + kVersion + " is running at " + listened;
  text += (origin == listened ? "" : ", for others " + origin) + "\n\n";
  text += "  Console   " + origin + "/_/" + (claim ? "#/claim/" + *claim : "") + "\n";
  if (claim)
    text += "            (one-time link to set the admin password, valid for 30 minutes)\n";
  text += "  API       " + origin + "/v1/      page: " + origin + "/docs\n";
  text += "  Links     " + origin + "/{code}\n";
  if (!key.empty()) {
    text += std::string("\n  Sample tenant  ") + kSampleTenant + "\n";
    text += "  Its API key    " + key + "\n";
    text += "                 (shown only now)\n\n";
    text += "  Shorten a URL:\n\n" + curl_line(origin, key) + "\n";
  }
  return text;
}

}  // namespace ashlar::app
