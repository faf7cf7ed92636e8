// Setting kinds: what rows of the tables of settings (config.h) are made of.
//
// A text that is no value of its kind is kInvalid wrong_setting; the detail has no name in it: the
// loader puts it in front.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "app/config.h"
#include "base/result.h"

namespace ashlar::app {

base::Error wrong_setting(std::string detail);

base::Status parse_number(std::string_view text, std::int64_t low, std::int64_t high,
                          std::int64_t& out);
base::Status parse_flag(std::string_view text, bool& out);

struct HostPort {
  std::string address;
  std::uint16_t port = 0;
};
// HOST:PORT with an address for HOST, or localhost: what needs no look-up.
base::Result<HostPort> parse_host_port(std::string_view text);

// A password in a URL is nobody's to print; libpq takes one among the parameters too.
std::string masked(const std::string& url);

// A whole number of a unit that `place` counts in.
template <class Place>
Setting number(std::string_view key, std::string_view doc, std::int64_t low, std::int64_t high,
               Place place) {
  return {key, doc,
          [=](Config& config, std::string_view text) -> base::Status {
            std::int64_t value = 0;
            ASHLAR_TRY(parse_number(text, low, high, value));
            place(config) = static_cast<std::remove_reference_t<decltype(place(config))>>(value);
            return base::ok_status();
          },
          [=](const Config& config) {
            return std::to_string(static_cast<std::int64_t>(place(const_cast<Config&>(config))));
          }};
}

template <class Place>
Setting text(std::string_view key, std::string_view doc, Place place) {
  return {key, doc,
          [=](Config& config, std::string_view value) -> base::Status {
            place(config) = std::string(value);
            return base::ok_status();
          },
          [=](const Config& config) { return place(const_cast<Config&>(config)); }};
}

template <class Place>
Setting flag(std::string_view key, std::string_view doc, Place place) {
  return {key, doc,
          [=](Config& config, std::string_view text) { return parse_flag(text, place(config)); },
          [=](const Config& config) {
            return std::string(place(const_cast<Config&>(config)) ? "true" : "false");
          }};
}

// One of `names`, which outlives the setting; the doc says them all.
template <class Value, std::size_t N, class Place>
Setting choice(std::string_view key, std::string_view doc,
               const std::pair<std::string_view, Value> (&names)[N], Place place) {
  return {key, doc,
          [=, &names](Config& config, std::string_view text) -> base::Status {
            std::string all;
            for (const auto& [name, value] : names) {
              if (name == text) {
                place(config) = value;
                return base::ok_status();
              }
              if (!all.empty()) all += &name == &names[N - 1].first ? " or " : ", ";
              all += name;
            }
            return wrong_setting("must be " + all);
          },
          [=, &names](const Config& config) -> std::string {
            for (const auto& [name, value] : names) {
              if (value == place(const_cast<Config&>(config))) return std::string(name);
            }
            return {};
          }};
}

// HOST:PORT of a further listener; empty: it is off.
template <class Place>
Setting listener(std::string_view key, std::string_view doc, Place place) {
  Setting setting = text(key, doc, place);
  setting.set = [=](Config& config, std::string_view value) -> base::Status {
    if (!value.empty()) ASHLAR_TRY(parse_host_port(value));
    place(config) = std::string(value);
    return base::ok_status();
  };
  return setting;
}

}  // namespace ashlar::app
