#include "modules/links/abuse/domain_stops_json.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::size_t kMaxNote = 1'000;
constexpr std::size_t kMaxHost = 255;

}  // namespace

DomainStopJson json_of(const DomainStop& stop) {
  return {.domain = stop.host,
          .tenant = std::to_string(stop.tenant.value),
          .reason = stop.reason,
          .note = stop.note,
          .at = stop.at};
}

const json::Schema<NewDomainStopJson>& new_domain_stop_schema() {
  static const auto kSchema =
      json::Schema<NewDomainStopJson>("NewLinkDomainStop", "A domain whose pages harm visitors.")
          .required("domain", &NewDomainStopJson::domain,
                    {.doc = "Its host.",
                     .min_length = 1,
                     .max_length = kMaxHost,
                     .example = "go.example"})
          .optional("note", &NewDomainStopJson::note, {.doc = "Why.", .max_length = kMaxNote});
  return kSchema;
}

const json::Schema<DomainStopJson>& domain_stop_schema() {
  static const auto kSchema =
      json::Schema<DomainStopJson>("LinkDomainStop",
                                   "A domain whose root_url and not_found_url are not followed.")
          .required("domain", &DomainStopJson::domain, {.example = "go.example"})
          .required("tenant", &DomainStopJson::tenant, {.doc = "The id of its tenant."})
          .required(
              "reason", &DomainStopJson::reason,
              {.doc = "operator: until it is allowed again; denied, list: until they let go of "
                      "the pages.",
               .one_of = {"operator", "denied", "list"}})
          .required("note", &DomainStopJson::note)
          .required("at", &DomainStopJson::at);
  return kSchema;
}

const json::Schema<json::Page<DomainStopJson>>& domain_stop_page_schema() {
  static const auto kSchema = json::page_schema(domain_stop_schema());
  return kSchema;
}

}  // namespace ashlar::links::abuse
