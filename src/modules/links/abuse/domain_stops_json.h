// The JSON of domains whose pages are not followed.
#pragma once

#include <string>

#include "base/time.h"
#include "modules/links/abuse/domain_stops_store.h"
#include "platform/json/schema.h"

namespace ashlar::links::abuse {

struct DomainStopJson {
  std::string domain;
  std::string tenant;
  std::string reason;
  std::string note;
  base::Time at{};
};
struct NewDomainStopJson {
  std::string domain;
  std::string note;
};

DomainStopJson json_of(const DomainStop& stop);

const json::Schema<NewDomainStopJson>& new_domain_stop_schema();
const json::Schema<DomainStopJson>& domain_stop_schema();
const json::Schema<json::Page<DomainStopJson>>& domain_stop_page_schema();

}  // namespace ashlar::links::abuse
