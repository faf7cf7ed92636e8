#include "modules/notifications/push/push_settings.h"

#include <algorithm>

#include "platform/outbound/target.h"

namespace ashlar::notifications {
namespace {

constexpr std::size_t kMaxPemBytes = 8192;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

base::Error wrong_setting(std::string_view member, std::string detail) {
  return {base::Code::kInvalid,
          "provider_settings",
          detail,
          {{"/" + std::string(member), "provider_settings", detail}}};
}

base::Result<std::string> text_setting(const json::Value& given, std::string_view member,
                                       std::size_t most) {
  const json::Value* value = given.find(member);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr || text->empty() || text->size() > most ||
      std::ranges::any_of(*text, is_control)) {
    return wrong_setting(member, std::string(member) + " is text of 1 to " + std::to_string(most) +
                                     " bytes on one line.");
  }
  return *text;
}

base::Result<std::string> pem_setting(const json::Value& given, std::string_view member) {
  const json::Value* value = given.find(member);
  const std::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr || text->size() > kMaxPemBytes ||
      text->find("-----BEGIN ") == std::string::npos) {
    return wrong_setting(member, std::string(member) + " is a private key in PEM form.");
  }
  return *text;
}

base::Result<std::string> host_setting(const json::Value& given) {
  const json::Value* value = given.find("host");
  if (value == nullptr || value->is_null()) return std::string();
  const std::string* text = value->if_string();
  if (text == nullptr) return wrong_setting("host", "host is a URL without a path.");
  if (text->empty()) return std::string();
  ASHLAR_ASSIGN(const outbound::Target target,
                outbound::check_target(*text, {.allow_private = true}, "/host"));
  const std::size_t path = text->find('/', text->find("://") + 3);
  if (path != std::string::npos || text->find('?') != std::string::npos) {
    return wrong_setting("host", "host is a URL without a path.");
  }
  return target.url;
}

}  // namespace ashlar::notifications
