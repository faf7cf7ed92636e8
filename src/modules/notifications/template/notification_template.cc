#include "modules/notifications/template/notification_template.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "modules/notifications/template/escape.h"
#include "modules/notifications/template/locale_formats.h"
#include "platform/json/writer.h"

namespace ashlar::notifications {

// A text and where it stands in the template, for errors.
struct NotificationTemplate::Part {
  struct Text {
    std::string pointer;
    Message message;
  };
  std::optional<Text> subject, text, preheader, url, html, html_tail;
  std::vector<std::pair<std::string, Text>> data;
};

struct NotificationTemplate::Language {
  std::string locale;
  std::shared_ptr<const LocaleFormats> formats;
  std::array<std::unique_ptr<Part>, kChannels> parts;
  std::optional<Part::Text> brief;
};

struct NotificationTemplate::Chosen {
  const Language* language = nullptr;
  const Part* part = nullptr;  // null: the short one
};

namespace {

constexpr std::size_t kMaxErrors = 50;

// A line that mail programs show beside the subject; the reader of the mail itself does not see it.
constexpr std::string_view kHidden =
    "<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">";

struct Place {
  std::string_view member;
  enum class Into : std::uint8_t { kSubject, kText, kHtml, kPreheader, kUrl } into;
  TextKind kind;
};
using Into = Place::Into;
constexpr std::array<Place, 4> kEmail = {{{"subject", Into::kSubject, TextKind::kLine},
                                          {"html", Into::kHtml, TextKind::kHtml},
                                          {"text", Into::kText, TextKind::kPlain},
                                          {"preheader", Into::kPreheader, TextKind::kLine}}};
constexpr std::array<Place, 1> kText = {{{"text", Into::kText, TextKind::kPlain}}};
constexpr std::array<Place, 3> kPush = {{{"title", Into::kSubject, TextKind::kLine},
                                         {"body", Into::kText, TextKind::kPlain},
                                         {"url", Into::kUrl, TextKind::kUrl}}};

std::span<const Place> places_of(Channel channel) {
  switch (channel) {
    case Channel::kEmail:
      return kEmail;
    case Channel::kSms:
    case Channel::kChat:
      return kText;
    case Channel::kPush:
    case Channel::kInbox:
    case Channel::kHttp:
      break;
  }
  return kPush;
}

std::string_view language_of(std::string_view locale) { return locale.substr(0, locale.find('-')); }

}  // namespace

class NotificationTemplate::Compiler {
 public:
  Compiler(NotificationTemplate& into, base::Error& error) : into_(into), error_(error) {}

  void compile(const json::Value& content) {
    if (content.if_object() == nullptr) return wrong("", "wrong_type", "is an object");
    for (const auto& [name, value] : *content.if_object()) {
      if (name != "default_locale" && name != "fields" && name != "locales") {
        wrong("/" + name, "unknown_field", "is no part of a template");
      }
    }
    if (const json::Value* fields = content.find("fields"); fields != nullptr) {
      auto read = TemplateFields::of(*fields, "/fields");
      if (read.ok()) {
        into_.fields_ = *std::move(read);
      } else {
        take(read.error());
      }
    }
    const json::Value* locales = content.find("locales");
    if (locales == nullptr || locales->if_object() == nullptr || locales->if_object()->empty()) {
      return wrong("/locales", "required", "is an object: locale to its texts");
    }
    if (locales->if_object()->size() > kMaxLocales) {
      return wrong("/locales", "too_many_items", "at most 64 locales");
    }
    for (const auto& [tag, parts] : *locales->if_object()) language(tag, parts);
    default_locale(content.find("default_locale"));
  }

 private:
  void wrong(std::string pointer, const char* reason, std::string detail) {
    if (error_.fields.size() < kMaxErrors) {
      error_.fields.push_back({std::move(pointer), reason, std::move(detail)});
    }
  }
  void take(const base::Error& error) {
    for (const base::FieldError& field : error.fields) {
      wrong(field.field, field.reason, field.detail);
    }
  }

  void default_locale(const json::Value* given) {
    const std::string* tag = given != nullptr ? given->if_string() : nullptr;
    if (given == nullptr && into_.languages_.size() == 1) {
      into_.default_locale_ = into_.languages_.begin()->first;
    } else if (tag != nullptr) {
      into_.default_locale_ = canonical_locale(*tag);
    }
    if (!into_.languages_.contains(into_.default_locale_)) {
      wrong("/default_locale", "not_allowed", "is one of the locales that the template has");
    }
  }

  void language(const std::string& given, const json::Value& parts) {
    const std::string pointer = "/locales/" + given;
    const std::string tag = canonical_locale(given);
    if (!is_locale(tag)) return wrong(pointer, "bad_locale", "is no language tag, as de or de-AT");
    auto language = std::make_shared<Language>();
    language->locale = tag;
    language->formats = into_.formats_->of(tag);
    formats_ = language->formats.get();
    if (parts.if_object() == nullptr) return wrong(pointer, "wrong_type", "is an object");
    for (const auto& [name, value] : *parts.if_object()) {
      const auto channel = channel_of(name);
      if (channel) {
        language->parts[static_cast<std::size_t>(*channel)] =
            part(*channel, value, pointer + "/" + name);
      } else if (name == "short") {
        language->brief = text(value, TextKind::kPlain, pointer + "/short");
      } else {
        wrong(pointer + "/" + name, "unknown_field", "is no channel, nor short");
      }
    }
    if (!into_.languages_.emplace(tag, std::move(language)).second) {
      wrong(pointer, "not_allowed", "is there already, spelt otherwise");
    }
  }

  std::optional<Part::Text> text(const json::Value& value, TextKind kind,
                                 const std::string& pointer) {
    const std::string* source = value.if_string();
    if (source == nullptr) {
      wrong(pointer, "wrong_type", "is a string");
      return std::nullopt;
    }
    auto message = compile_message(*source, kind, into_.fields_, *formats_, pointer);
    if (!message.ok()) {
      take(message.error());
      return std::nullopt;
    }
    for (std::string& warning : message->lacking_forms) {
      if (into_.warnings_.size() < kMaxErrors) into_.warnings_.push_back(std::move(warning));
    }
    message->lacking_forms.clear();
    return Part::Text{pointer, *std::move(message)};
  }

  std::unique_ptr<Part> part(Channel channel, const json::Value& given,
                             const std::string& pointer) {
    auto out = std::make_unique<Part>();
    const json::Value::Object* members = given.if_object();
    if (members == nullptr) {
      wrong(pointer, "wrong_type", "is an object");
      return out;
    }
    const std::span<const Place> places = places_of(channel);
    bool says = false;  // if only wrongly: that is said of the text itself
    for (const auto& [name, value] : *members) {
      const std::string at = pointer + "/" + name;
      const auto place = std::find_if(places.begin(), places.end(),
                                      [&](const Place& p) { return p.member == name; });
      if (place != places.end()) {
        says = says || place->into == Into::kText || place->into == Into::kHtml;
        put(*out, place->into, text(value, place->kind, at));
      } else if (name == "data" && places.data() == kPush.data()) {
        data(*out, value, at);
      } else {
        wrong(at, "unknown_field", "is no text of " + std::string(name_of(channel)));
      }
    }
    if (!says) {
      const bool mail = channel == Channel::kEmail;
      const std::string_view lacks = places.data() == kPush.data() ? "body" : "text";
      wrong(pointer, "required", "has a " + std::string(lacks) + (mail ? " or an html" : ""));
    }
    return out;
  }

  static void put(Part& part, Into into, std::optional<Part::Text> text) {
    switch (into) {
      case Into::kSubject:
        part.subject = std::move(text);
        return;
      case Into::kText:
        part.text = std::move(text);
        return;
      case Into::kPreheader:
        part.preheader = std::move(text);
        return;
      case Into::kUrl:
        part.url = std::move(text);
        return;
      case Into::kHtml:
        break;
    }
    part.html = std::move(text);
    if (!part.html) return;
    // In two, so that the preheader can stand between.
    std::vector<MessageNode>& nodes = part.html->message.nodes;
    const auto cut =
        nodes.begin() + static_cast<std::ptrdiff_t>(part.html->message.after_body.value_or(0));
    part.html_tail.emplace();
    part.html_tail->pointer = part.html->pointer;
    part.html_tail->message.nodes.assign(std::make_move_iterator(cut),
                                         std::make_move_iterator(nodes.end()));
    nodes.erase(cut, nodes.end());
  }

  void data(Part& part, const json::Value& given, const std::string& pointer) {
    const json::Value::Object* members = given.if_object();
    if (members == nullptr || members->size() > kMaxDataKeys) {
      return wrong(pointer, "wrong_type", "is an object of at most 32 texts");
    }
    for (const auto& [name, value] : *members) {
      if (auto compiled = text(value, TextKind::kPlain, pointer + "/" + name)) {
        part.data.emplace_back(name, *std::move(compiled));
      }
    }
  }

  NotificationTemplate& into_;
  base::Error& error_;
  const LocaleFormats* formats_ = nullptr;
};

base::Result<std::shared_ptr<const NotificationTemplate>> NotificationTemplate::compile(
    const json::Value& content, FormatCache& formats) {
  base::Error error =
      base::fail(base::Code::kInvalid, "template_invalid", "The template cannot be used.");
  std::shared_ptr<NotificationTemplate> made(new NotificationTemplate());
  made->formats_ = &formats;
  Compiler(*made, error).compile(content);
  if (!error.fields.empty()) return error;
  return std::shared_ptr<const NotificationTemplate>(std::move(made));
}

std::vector<std::string> NotificationTemplate::locales() const {
  std::vector<std::string> out;
  for (const auto& [tag, language] : languages_) out.push_back(tag);
  return out;
}

bool NotificationTemplate::has(std::string_view locale, Channel channel) const {
  const auto found = languages_.find(locale);
  if (found == languages_.end()) return false;
  return found->second->parts[static_cast<std::size_t>(channel)] != nullptr ||
         found->second->brief.has_value();
}

std::uint8_t NotificationTemplate::channels() const {
  const bool brief = std::any_of(languages_.begin(), languages_.end(),
                                 [](const auto& entry) { return entry.second->brief.has_value(); });
  return brief ? (1U << kChannels) - 1 : own_channels();
}

std::uint8_t NotificationTemplate::own_channels() const {
  std::uint8_t bits = 0;
  for (const auto& [tag, language] : languages_) {
    for (std::size_t i = 0; i < kChannels; ++i) {
      if (language->parts[i]) bits = static_cast<std::uint8_t>(bits | 1U << i);
    }
  }
  return bits;
}

base::Status NotificationTemplate::check(const json::Value& data) const {
  const auto applied = fields_.apply(data);
  return applied.ok() ? base::ok_status() : base::Status(applied.error());
}

std::optional<NotificationTemplate::Chosen> NotificationTemplate::choose(
    Channel channel, std::string_view locale) const {
  std::optional<Chosen> brief;
  const auto look = [&](std::string_view tag) -> std::optional<Chosen> {
    const auto found = languages_.find(tag);
    if (found == languages_.end()) return std::nullopt;
    const Language& language = *found->second;
    const auto& part = language.parts[static_cast<std::size_t>(channel)];
    if (part) return Chosen{&language, part.get()};
    if (!brief && language.brief) brief = Chosen{&language, nullptr};
    return std::nullopt;
  };
  for (std::string_view tag = locale; !tag.empty(); tag = parent_locale(tag)) {
    if (const auto chosen = look(tag)) return chosen;
  }
  if (const auto chosen = look(default_locale_)) return chosen;
  return brief;
}

base::Status NotificationTemplate::write(const Chosen& chosen, const MessageReader& reader,
                                         Rendered& out) const {
  const auto put = [&](const std::optional<Part::Text>& text, std::string& into) -> base::Status {
    if (!text) return base::ok_status();
    base::Status written = write_message(text->message, reader, into);
    if (written.ok()) return written;
    base::Error error = written.error();
    error.fields.push_back({text->pointer, error.reason, error.detail});
    return error;
  };
  if (chosen.part == nullptr) return put(chosen.language->brief, out.text);
  const Part& part = *chosen.part;
  ASHLAR_TRY(put(part.subject, out.subject));
  ASHLAR_TRY(put(part.text, out.text));
  ASHLAR_TRY(put(part.url, out.url));
  ASHLAR_TRY(put(part.html, out.html));
  if (part.preheader && part.html) {
    std::string preheader;
    ASHLAR_TRY(put(part.preheader, preheader));
    out.html += kHidden;
    (void)append_escaped(preheader, Escape::kHtml, out.html);
    out.html += "</div>";
  }
  ASHLAR_TRY(put(part.html_tail, out.html));
  if (part.data.empty()) return base::ok_status();
  json::Writer writer(out.data);
  writer.begin_object();
  for (const auto& [name, text] : part.data) {
    std::string value;
    ASHLAR_TRY(put(text, value));
    writer.key(name).string(value);
  }
  writer.end_object();
  return base::ok_status();
}

base::Result<NotificationTemplate::Answer> NotificationTemplate::render(Channel channel,
                                                                        const json::Value& data,
                                                                        const Reader& reader,
                                                                        bool name_ignored) const {
  const std::string wanted = canonical_locale(reader.locale);
  const std::optional<Chosen> chosen = choose(channel, wanted);
  if (!chosen) {
    return base::fail(base::Code::kInvalid, "template_lacks_channel",
                      "The template has neither a text for " + std::string(name_of(channel)) +
                          " nor a short one, in " + default_locale_ +
                          (wanted.empty() ? "" : " or " + wanted) + ".");
  }
  const Language& language = *chosen->language;
  Answer answer;
  answer.locale = language.locale;
  answer.is_short = chosen->part == nullptr;
  answer.fell_back = !wanted.empty() && language_of(wanted) != language_of(language.locale);
  auto applied = fields_.apply(data, name_ignored ? &answer.ignored : nullptr);
  if (!applied.ok()) return applied.error();
  std::shared_ptr<const LocaleFormats> formats = language.formats;
  const bool own = language_of(wanted) == language_of(language.locale) && is_locale(wanted);
  if (own && wanted != language.locale) formats = formats_->of(wanted);
  ASHLAR_TRY(write(*chosen, {*applied, *language.formats, *formats, reader.zone}, answer.content));
  return answer;
}

}  // namespace ashlar::notifications
