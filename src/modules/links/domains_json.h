// The JSON of domains.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "modules/links/domain.h"
#include "platform/json/schema.h"

namespace ashlar::links {

struct ChallengeJson {
  std::string name;
  std::string type;
  std::string value;
};

struct DomainJson {
  std::string host;
  std::optional<std::string> root_url;
  std::optional<std::string> not_found_url;
  std::optional<std::string> stopped;
  std::string state;
  std::optional<std::string> proof;
  std::optional<ChallengeJson> challenge;
  std::optional<base::Time> checked_at;
  std::optional<std::string> check_error;
  base::Time created_at;
  base::Time updated_at;
};

struct CreateDomainJson {
  std::string host;
  std::optional<std::string> root_url;
  std::optional<std::string> not_found_url;
};

struct DomainPatchJson {
  json::Patch<std::optional<std::string>> root_url;
  json::Patch<std::optional<std::string>> not_found_url;
};

NewDomain new_domain_of(const CreateDomainJson& json);
DomainChange change_of(const DomainPatchJson& json);
// `challenge`: what its record must hold.
DomainJson json_of(const Domain& domain, std::string_view challenge);
std::optional<std::string> name_of(DomainProof proof);  // "first_come", …; none of kNone

const json::Schema<CreateDomainJson>& create_domain_schema();
const json::Schema<DomainPatchJson>& update_domain_schema();
const json::Schema<DomainJson>& domain_schema();
const json::Schema<json::Page<DomainJson>>& domain_page_schema();

}  // namespace ashlar::links
