#include "modules/notifications/page_texts.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ashlar::notifications {
namespace {

constexpr std::array kTexts{
    PageTexts{
        .language = "en",
        .title = "What you get from us",
        .what = "What",
        .mail = "Mail",
        .sms = "SMS",
        .push = "Push",
        .app = "In the app",
        .other = "Other",
        .always = "always sent",
        .everything = "All messages",
        .saved = "Saved.",
        .save = "Save",
        .stop_everything = "Stop all of it",
        .stopped_everything =
            "All of it is stopped, but what is always sent. Tick what you want again, and save.",
        .unsubscribed = "You are unsubscribed",
        .no_more = "Nothing more goes to %.",
        .no_more_of = "Nothing more of this kind goes to %.",
        .goes_to = "Messages go to %.",
        .again = "Send it again",
        .stop = "Stop “%”",
        .stop_all = "Stop all messages",
        .ended_kind = "Nothing more of this kind is sent to you.",
        .broken = "This link does not work",
        .invalid = "The link is not whole. Take it from the message again.",
        .expired = "The link is too old. Take one from a newer message.",
        .forgotten = "Whom the link was for is not kept any more.",
        .unchanged = "Nothing was changed",
        .no_button = "The form was sent without a button.",
    },
    PageTexts{
        .language = "de",
        .title = "Was Sie von uns bekommen",
        .what = "Was",
        .mail = "E-Mail",
        .sms = "SMS",
        .push = "Push",
        .app = "In der App",
        .other = "Anderes",
        .always = "wird immer gesendet",
        .everything = "Alle Nachrichten",
        .saved = "Gespeichert.",
        .save = "Speichern",
        .stop_everything = "Alles abbestellen",
        .stopped_everything = "Alles ist abbestellt, außer dem, was immer gesendet wird. Haken Sie "
                              "an, was Sie wieder wollen, und speichern Sie.",
        .unsubscribed = "Sie sind abgemeldet",
        .no_more = "An % geht nichts mehr.",
        .no_more_of = "An % geht nichts mehr von dieser Art.",
        .goes_to = "Nachrichten gehen an %.",
        .again = "Wieder senden",
        .stop = "„%“ abbestellen",
        .stop_all = "Alle Nachrichten abbestellen",
        .ended_kind = "Von dieser Art bekommen Sie nichts mehr.",
        .broken = "Dieser Link funktioniert nicht",
        .invalid = "Der Link ist unvollständig. Öffnen Sie ihn noch einmal aus der Nachricht.",
        .expired = "Der Link ist zu alt. Nehmen Sie einen aus einer neueren Nachricht.",
        .forgotten = "Für wen der Link war, ist nicht mehr bekannt.",
        .unchanged = "Es wurde nichts geändert",
        .no_button = "Das Formular wurde ohne eine Taste gesendet.",
    },
    PageTexts{
        .language = "fr",
        .title = "Ce que vous recevez de nous",
        .what = "Quoi",
        .mail = "E-mail",
        .sms = "SMS",
        .push = "Push",
        .app = "Dans l’application",
        .other = "Autre",
        .always = "toujours envoyé",
        .everything = "Tous les messages",
        .saved = "Enregistré.",
        .save = "Enregistrer",
        .stop_everything = "Tout arrêter",
        .stopped_everything = "Tout est arrêté, sauf ce qui est toujours envoyé. Cochez ce que "
                              "vous voulez de nouveau, "
                              "et enregistrez.",
        .unsubscribed = "Vous êtes désabonné",
        .no_more = "Plus rien n’est envoyé à %.",
        .no_more_of = "Plus rien de ce type n’est envoyé à %.",
        .goes_to = "Les messages sont envoyés à %.",
        .again = "Envoyer de nouveau",
        .stop = "Arrêter « % »",
        .stop_all = "Arrêter tous les messages",
        .ended_kind = "Plus rien de ce type ne vous est envoyé.",
        .broken = "Ce lien ne fonctionne pas",
        .invalid = "Le lien est incomplet. Ouvrez-le de nouveau depuis le message.",
        .expired = "Le lien est trop ancien. Prenez celui d’un message plus récent.",
        .forgotten = "Le destinataire de ce lien n’est plus connu.",
        .unchanged = "Rien n’a été modifié",
        .no_button = "Le formulaire a été envoyé sans bouton.",
    },
    PageTexts{
        .language = "es",
        .title = "Lo que recibe de nosotros",
        .what = "Qué",
        .mail = "Correo",
        .sms = "SMS",
        .push = "Push",
        .app = "En la aplicación",
        .other = "Otro",
        .always = "se envía siempre",
        .everything = "Todos los mensajes",
        .saved = "Guardado.",
        .save = "Guardar",
        .stop_everything = "Dejar de recibirlo todo",
        .stopped_everything =
            "Ya no recibirá nada, salvo lo que siempre se envía. Marque lo que quiera de nuevo y "
            "guarde.",
        .unsubscribed = "Se ha dado de baja",
        .no_more = "Ya no se envía nada a %.",
        .no_more_of = "Ya no se envía nada de este tipo a %.",
        .goes_to = "Los mensajes se envían a %.",
        .again = "Volver a enviar",
        .stop = "Dejar de recibir «%»",
        .stop_all = "Dejar de recibir todos los mensajes",
        .ended_kind = "Ya no se le envía nada de este tipo.",
        .broken = "Este enlace no funciona",
        .invalid = "El enlace está incompleto. Ábralo de nuevo desde el mensaje.",
        .expired = "El enlace es demasiado antiguo. Use el de un mensaje más reciente.",
        .forgotten = "Ya no se conoce al destinatario de este enlace.",
        .unchanged = "No se ha cambiado nada",
        .no_button = "El formulario se envió sin ningún botón.",
    },
};

const PageTexts* texts_of(std::string_view locale) {
  const std::string_view language = locale.substr(0, locale.find_first_of("-_;"));
  const auto* found = std::ranges::find_if(kTexts, [&](const PageTexts& texts) {
    return base::ascii_iequals(texts.language, language);
  });
  return found == kTexts.end() ? nullptr : found;
}

}  // namespace

std::string_view PageTexts::of(Channel channel) const {
  switch (channel) {
    case Channel::kEmail:
      return mail;
    case Channel::kSms:
      return sms;
    case Channel::kPush:
      return push;
    case Channel::kInbox:
      return app;
    case Channel::kChat:
    case Channel::kHttp:
      break;
  }
  return other;
}

const PageTexts& page_texts(std::string_view locale, std::string_view accept_language) {
  if (const PageTexts* texts = texts_of(base::trim_spaces(locale))) return *texts;
  // Browsers give theirs in the order of preference.
  while (!accept_language.empty()) {
    const std::size_t end = std::min(accept_language.find(','), accept_language.size());
    const std::string_view one = base::trim_spaces(accept_language.substr(0, end));
    if (const PageTexts* texts = texts_of(one)) return *texts;
    accept_language.remove_prefix(std::min(end + 1, accept_language.size()));
  }
  return kTexts.front();
}

std::string filled_text(std::string_view text, std::string_view value) {
  const std::size_t at = text.find('%');
  if (at == std::string_view::npos) return std::string(text);
  std::string filled(text.substr(0, at));
  filled.append(value).append(text.substr(at + 1));
  return filled;
}

}  // namespace ashlar::notifications
