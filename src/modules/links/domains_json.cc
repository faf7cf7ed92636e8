#include "modules/links/domains_json.h"

#include <utility>

#include "modules/links/domain_proofs.h"
#include "modules/links/link_ref.h"

namespace ashlar::links {
namespace {

constexpr const char* kHostDoc =
    "A host name of at most 190 bytes, without scheme and port; an international one as xn--…. It "
    "must lead to this "
    "installation.";
constexpr const char* kRootDoc =
    "Where visitors of the bare host are sent (302); null: as on the installation's own.";
constexpr const char* kNotFoundDoc =
    "Where visitors of a code are sent that names no link (302); null: they get 404.";

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::string> given(const json::Patch<std::optional<std::string>>& patch) {
  return patch ? std::optional(patch->value_or("")) : std::nullopt;
}

}  // namespace

NewDomain new_domain_of(const CreateDomainJson& json) {
  return {.host = json.host,
          .root_url = json.root_url.value_or(""),
          .not_found_url = json.not_found_url.value_or("")};
}

DomainChange change_of(const DomainPatchJson& json) {
  return {.root_url = given(json.root_url), .not_found_url = given(json.not_found_url)};
}

DomainJson json_of(const Domain& domain, std::string_view challenge) {
  std::optional<ChallengeJson> record;
  if (!domain.is_active()) {
    record = ChallengeJson{.name = std::string(kChallengeLabel) + domain.host,
                           .type = "TXT",
                           .value = std::string(challenge)};
  }
  return {.host = domain.host,
          .root_url = unless_empty(domain.root_url),
          .not_found_url = unless_empty(domain.not_found_url),
          .stopped = unless_empty(domain.stopped),
          .state = domain.is_active() ? "active" : "unverified",
          .proof = name_of(domain.proof),
          .challenge = std::move(record),
          .checked_at = domain.checked_at,
          .check_error = unless_empty(domain.check_error),
          .created_at = domain.created_at,
          .updated_at = domain.updated_at};
}

std::optional<std::string> name_of(DomainProof proof) {
  switch (proof) {
    case DomainProof::kNone:
      break;
    case DomainProof::kFirstCome:
      return "first_come";
    case DomainProof::kOperator:
      return "operator";
    case DomainProof::kDns:
      return "dns";
  }
  return std::nullopt;
}

const json::Schema<ChallengeJson>& challenge_schema() {
  static const auto kSchema =
      json::Schema<ChallengeJson>("LinkDomainChallenge",
                                  "The DNS record that shows whose the host is.")
          .required("name", &ChallengeJson::name, {.example = "_ashlar-challenge.go.example"})
          .required("type", &ChallengeJson::type, {.example = "TXT"})
          .required("value", &ChallengeJson::value, {.doc = "Its text, as it is."});
  return kSchema;
}

const json::Schema<CreateDomainJson>& create_domain_schema() {
  static const auto kSchema =
      json::Schema<CreateDomainJson>("CreateLinkDomain", "A host to follow links on.")
          .required("host", &CreateDomainJson::host,
                    {.doc = kHostDoc,
                     .min_length = 1,
                     .max_length = kMaxDomainHostBytes + 1,
                     .example = "go.example"})
          .optional("root_url", &CreateDomainJson::root_url, {.doc = kRootDoc})
          .optional("not_found_url", &CreateDomainJson::not_found_url, {.doc = kNotFoundDoc});
  return kSchema;
}

const json::Schema<DomainPatchJson>& update_domain_schema() {
  static const auto kSchema =
      json::Schema<DomainPatchJson>("UpdateLinkDomain",
                                    "What to change; the rest stays. A host never changes.")
          .optional("root_url", &DomainPatchJson::root_url, {.doc = kRootDoc})
          .optional("not_found_url", &DomainPatchJson::not_found_url, {.doc = kNotFoundDoc});
  return kSchema;
}

const json::Schema<DomainJson>& domain_schema() {
  static const auto kSchema =
      json::Schema<DomainJson>("LinkDomain", "A host on which links are followed.")
          .required(
              "host", &DomainJson::host,
              {.doc = "In lower case; links name their domain by it.", .example = "go.example"})
          .required("root_url", &DomainJson::root_url, {.doc = kRootDoc})
          .required("not_found_url", &DomainJson::not_found_url, {.doc = kNotFoundDoc})
          .required("stopped", &DomainJson::stopped,
                    {.doc = "Why root_url and not_found_url are not followed: operator, denied or "
                            "list; null: they are."})
          .required("state", &DomainJson::state,
                    {.doc = "unverified: its links are kept, and none is served.",
                     .one_of = {"active", "unverified"}})
          .required("proof", &DomainJson::proof,
                    {.doc = "Why it is yours; null while it is unverified.",
                     .one_of = {"first_come", "operator", "dns"}})
          .required("challenge", &DomainJson::challenge, challenge_schema(),
                    {.doc = "The record that makes it active; null once it is."})
          .required("checked_at", &DomainJson::checked_at,
                    {.doc = "When the record was last looked for."})
          .required("check_error", &DomainJson::check_error,
                    {.doc = "What was found then; null: the record.",
                     .one_of = {"txt_missing", "txt_wrong", "dns_unavailable", "domain_held"}})
          .required("created_at", &DomainJson::created_at)
          .required("updated_at", &DomainJson::updated_at);
  return kSchema;
}

const json::Schema<json::Page<DomainJson>>& domain_page_schema() {
  static const auto kSchema = json::page_schema(domain_schema());
  return kSchema;
}

}  // namespace ashlar::links
