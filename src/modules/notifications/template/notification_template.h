// NotificationTemplate: one version of a template, compiled: its texts by language and channel, and
// the data that they read.
//
//   {"default_locale": "en",
//    "fields": {…}                                    template_fields.h
//    "locales": {"en": {"email": {"subject", "html", "text", "preheader"},
//                       "sms": {"text"}, "chat": {"text"},
//                       "push": {"title", "body", "url", "data": {"key": "text"}},
//                       "inbox": as push, "http": as push,
//                       "short": "text"},              for channels without a part of their own
//                "de": {…}}}                           each text: message.h
//
// Which text: the reader's locale, then its parents ("de-AT", "de"), then the default; the first
// that has a part for the channel; where none has one, the first that has a short. Plural forms are
// those of the text's language; numbers and dates are the reader's where that is his language, else
// the text's.
//
// Immutable once compiled: any thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/template/message.h"
#include "modules/notifications/template/template_fields.h"

namespace ashlar::notifications {

class FormatCache;

class NotificationTemplate {
 public:
  static constexpr std::size_t kMaxLocales = 64;
  static constexpr std::size_t kMaxDataKeys = 32;
  static constexpr std::size_t kMaxBytes = 1024 * 1024;  // of the content's text

  // kInvalid template_invalid: each wrong text with its JSON pointer, reason and place. The cache
  // outlives the template.
  static base::Result<std::shared_ptr<const NotificationTemplate>> compile(
      const json::Value& content, FormatCache& formats);

  struct Reader {
    std::string_view locale;  // BCP 47, or anything: then the default
    const zone::TimeZone& zone;
  };
  struct Answer {
    Rendered content;
    std::string locale;      // of the text
    bool fell_back = false;  // to another language than the reader's
    bool is_short = false;
    std::vector<std::string> ignored;  // data that no field declares, where it was asked for
  };
  // kInvalid data_invalid (template_fields.h), template_lacks_channel, message_too_long,
  // message_too_many_steps, url_refused; these with the text's pointer.
  [[nodiscard]] base::Result<Answer> render(Channel channel, const json::Value& data,
                                            const Reader& reader, bool name_ignored = false) const;

  // Whether a call's data fit: as render() would say.
  [[nodiscard]] base::Status check(const json::Value& data) const;

  [[nodiscard]] const std::string& default_locale() const { return default_locale_; }
  [[nodiscard]] std::vector<std::string> locales() const;
  [[nodiscard]] bool has(std::string_view locale, Channel channel) const;
  // A bit for each Channel that has a text in some language; all of them where there is a short.
  [[nodiscard]] std::uint8_t channels() const;
  [[nodiscard]] std::uint8_t own_channels() const;  // without a short's
  // What may be meant and may not: plural forms that a language has and a text has no arm for.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Part;
  struct Language;
  class Compiler;
  struct Chosen;

  NotificationTemplate() = default;
  [[nodiscard]] std::optional<Chosen> choose(Channel channel, std::string_view locale) const;
  [[nodiscard]] base::Status write(const Chosen& chosen, const MessageReader& reader,
                                   Rendered& out) const;

  TemplateFields fields_;
  std::string default_locale_;
  std::map<std::string, std::shared_ptr<const Language>, std::less<>> languages_;
  std::vector<std::string> warnings_;
  FormatCache* formats_ = nullptr;
};

}  // namespace ashlar::notifications
