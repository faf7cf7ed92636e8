// settings_rules: what a link's settings must keep to. Pure.
//
// Errors are collected, each under its field: target_* (target.h) of any URL;
// rule_without_condition and rule_without_time (its `until` is not after its `from`); one_variant;
// bad_tag; valid_after_expiry.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "modules/links/field_errors.h"
#include "modules/links/link_settings.h"
#include "modules/links/target.h"

namespace ashlar::links {

// Puts URLs into the form in which they are kept, and tags in order.
void check_settings(LinkSettings& settings, std::optional<base::Time> expires_at,
                    const OwnHosts& own, FieldErrors& errors);

// Could it be a tag, as far as its characters go?
bool is_tag(std::string_view tag);

}  // namespace ashlar::links
