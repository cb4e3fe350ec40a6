# Was die Seiten sagen, auf Deutsch.

frame-help = Anmeldung für { $application }. Wenn Sie Hilfe brauchen, fragen Sie die Betreiber.
frame-sign-in = Anmeldung für { $application }.
frame-support = Hilfe erhalten

action-sign-in = Anmelden
action-sign-in-again = Erneut anmelden
action-sign-in-once-more = Noch einmal anmelden
action-sign-out = Abmelden
action-try-again = Erneut versuchen
action-check-again = Bei { $provider } erneut prüfen
action-continue = Weiter
action-another-account = Anderes Konto verwenden
action-another-organization = Bei einer anderen Organisation anmelden
action-enter-email = E-Mail-Adresse eingeben
action-start-afresh = Abmelden und neu beginnen
action-start-page = Zur Startseite
action-go-to = Zu { $application }
action-ask-for-access = Zugang anfragen
action-open-provider = { $provider } öffnen
action-more = Mehr anzeigen

moment = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }, { $time } UTC
wait-seconds = { $count ->
    [one] Versuchen Sie es in { $count } Sekunde noch einmal.
   *[other] Versuchen Sie es in { $count } Sekunden noch einmal.
}
wait-minutes = { $count ->
    [one] Versuchen Sie es in { $count } Minute noch einmal.
   *[other] Versuchen Sie es in { $count } Minuten noch einmal.
}
wait-hours = { $count ->
    [one] Versuchen Sie es in { $count } Stunde noch einmal.
   *[other] Versuchen Sie es in { $count } Stunden noch einmal.
}
list-pair = { $first } und { $last }
list-middle = { $before }, { $next }
list-end = { $before } und { $last }

login-expired-heading = Diese Anmeldeseite ist abgelaufen
login-expired-sentence = Anmeldeseiten gelten nur einmal und nur für kurze Zeit. Es ist nichts verloren gegangen.

login-cancelled-heading = Die Anmeldung wurde abgebrochen
login-cancelled-sentence = Sie sind von { $provider } zurückgekommen, ohne sich anzumelden. Es hat sich nichts geändert.

provider-unreachable-heading = { $provider } ist zurzeit nicht erreichbar
provider-unreachable-sentence = Es kam keine Antwort, daher können wir Sie noch nicht anmelden. Wer bereits angemeldet ist, ist davon nicht betroffen.

identity-unverified-heading = { $provider } hat Ihr Konto nicht bestätigt
identity-unverified-sentence-soon = Seit zu langer Zeit kommt keine Antwort; über Ihr Konto sagt das nichts aus. Wir fragen alle paar Minuten nach, und sobald eine Antwort kommt, geht es für Sie weiter. Falls der Dienst schon wieder antwortet, hilft eine erneute Anmeldung.
identity-unverified-sentence-next = Seit zu langer Zeit kommt keine Antwort; über Ihr Konto sagt das nichts aus. Die nächste Nachfrage ist für { $moment } vorgesehen, und sobald eine Antwort kommt, geht es für Sie weiter. Falls der Dienst schon wieder antwortet, hilft eine erneute Anmeldung.

identity-invalid-heading = Laut { $provider } ist dieses Konto nicht mehr aktiv
identity-invalid-sentence = Wir haben dort nachgefragt, ob Sie weiterhin Zugang haben, und die Antwort war Nein. Deshalb wurden Ihre Sitzungen beendet.
identity-invalid-heading-access = Ihr Zugang über { $provider } ist beendet
identity-invalid-sentence-at = Wir haben dort zuletzt am { $moment } nachgefragt, ob Sie weiterhin Zugang haben, und die Antwort war Nein. Deshalb wurden Ihre Sitzungen beendet.
no-longer-withdrawn = Worauf Ihre Anmeldung beruhte, wird dort nicht mehr anerkannt. Das geschieht, wenn der Zugang entzogen, das Passwort geändert oder das Konto geschlossen wird.
no-longer-inactive = Dort heißt es, das Konto sei gesperrt oder nicht aktiv.
no-longer-no-token = Von dort kam nichts, womit nach Ihnen gefragt werden kann.
no-longer-somebody-else = Die Antwort betraf ein anderes Konto als Ihres.
no-longer-other-tenant = Das Konto gehört nicht mehr zu dem Kunden von { $provider }, dessen Leute hier Zugang haben.
no-longer-email = Ihre E-Mail-Adresse wird dort nicht mehr bestätigt.
no-longer-rules = Die Angaben zum Konto erfüllen die Regeln für den Zugang hier nicht mehr.
no-longer-member = Ihre Mitgliedschaft hier wurde entfernt.
identity-invalid-check = Falls das inzwischen nicht mehr stimmt, melden Sie sich dort noch einmal an: Lässt { $provider } Sie ein, geht es weiter, wo Sie waren.

provider-refused-heading = { $provider } hat Ihre Anmeldung nicht zugelassen
provider-refused-sentence = Dort wird entschieden, wer { $application } nutzen darf, und dieses Konto wurde nicht zugelassen.
provider-refused-not-assigned = Dieses Konto ist dort für { $application } nicht freigeschaltet. Das kann ändern, wer die Konten dort verwaltet.
provider-refused-suspended = Dieses Konto ist dort gesperrt. Das kann ändern, wer die Konten dort verwaltet.
provider-refused-ungranted = Es wurde nicht weitergegeben, was { $application } über Sie wissen muss. Melden Sie sich erneut an und erlauben Sie alles, wonach gefragt wird.

provider-misconfigured-heading = Die Anmeldung mit { $provider } ist nicht richtig eingerichtet
provider-misconfigured-sentence = Das kann nur die Administration beheben. Nennen Sie ihr die Referenz unten.
provider-misconfigured-clock = Was der Anbieter soeben ausgestellt hat, liegt nach unserer Uhr in der Zukunft oder lange zurück. Eine der beiden Uhren geht falsch: Prüfen Sie zuerst die Zeit dieses Rechners. doorward provider test sagt, um wie viel sie sich unterscheiden.

account-not-allowed-heading = { $email } hat keinen Zugang zu { $application }
account-not-allowed-heading-this = Dieses Konto hat keinen Zugang zu { $application }
account-not-allowed-sentence = Die Anmeldung war erfolgreich, aber { $organization } hat diesem Konto keinen Zugang gegeben.
account-not-allowed-sentence-this = Die Anmeldung war erfolgreich, aber diese Organisation hat diesem Konto keinen Zugang gegeben.

organization-unknown-heading = Diese Organisation kennen wir nicht
organization-unknown-sentence = Vielleicht ist die Adresse falsch geschrieben oder veraltet. Ihre E-Mail-Adresse genügt, um die richtige Anmeldeseite zu finden.

organization-suspended-heading = Die Anmeldung für { $organization } ist ausgesetzt
organization-suspended-heading-this = Die Anmeldung für diese Organisation ist ausgesetzt
organization-suspended-sentence = Zurzeit kann sich niemand bei dieser Organisation anmelden. An Ihrem Konto wurde nichts geändert.

email-unverified-heading = Ihre E-Mail-Adresse ist bei { $provider } nicht bestätigt
email-unverified-sentence = { $application } akzeptiert nur bestätigte Adressen. Öffnen Sie Ihr Konto bei { $provider }, bestätigen Sie { $email } und melden Sie sich dann erneut an.
email-unverified-sentence-yours = { $application } akzeptiert nur bestätigte Adressen. Öffnen Sie Ihr Konto bei { $provider }, bestätigen Sie Ihre Adresse und melden Sie sich dann erneut an.
email-missing-heading = Ihr Konto bei { $provider } hat keine primäre E-Mail-Adresse
email-missing-sentence = { $application } braucht eine. Öffnen Sie Ihr Konto bei { $provider }, wählen Sie eine bestätigte Adresse als primäre aus und melden Sie sich dann erneut an.

session-ended-heading = Sie wurden abgemeldet
session-ended-idle = Sie hatten { $application } eine Weile nicht benutzt.
session-ended-lifetime = Eine Anmeldung gilt nur für begrenzte Zeit, und Ihre war abgelaufen.
session-ended-withdrawn = Ihre Sitzung wurde von einem anderen Browser aus oder durch die Administration beendet.
session-ended-at-provider = Ihre Sitzung bei Ihrem Anmeldedienst wurde beendet.
session-ended-unknown = { $application } erkennt diesen Browser nicht mehr.

sign-in-required-heading = Bitte melden Sie sich an
sign-in-required-sentence = Dieser Teil von { $application } ist nur für angemeldete Personen.

redirect-loop-heading = Die Anmeldung beginnt immer wieder von vorn
redirect-loop-sentence = Sie haben sich innerhalb kurzer Zeit mehrmals angemeldet, aber { $application } hat Sie danach nicht erkannt. Wir haben hier angehalten, damit sich Ihr Browser nicht im Kreis dreht.
redirect-loop-cookie-lost = Das Sitzungs-Cookie kam nicht zurück, andere Cookies von uns dagegen schon. Etwas zwischen dem Browser und Doorward entfernt es, oder der Browser lehnt es ab.
redirect-loop-session-over = Das Sitzungs-Cookie kam zurück, aber die zugehörige Sitzung war schon beendet. Im Prüfprotokoll steht, was sie beendet hat.
redirect-loop-signed-in = Das Sitzungs-Cookie kam zurück, und die zugehörige Sitzung ist gültig. Etwas anderes schickt den Browser wieder zur Anmeldung: Prüfen Sie die Weiterleitungen der Anwendung und die vorgeschalteten Proxys.
redirect-loop-out-of-sight = Die Sitzung gehört zum eigenen Host der Organisation. Von hier aus lässt sich nicht feststellen, ob ihr Cookie dort zurückkommt. Sehen Sie sich im Browser die Anfragen an diesen Host an.

cookies-blocked-heading = Ihr Browser behält unser Cookie nicht
cookies-blocked-sentence = Die Anmeldung braucht ein Cookie, um Sie wiederzuerkennen. Erlauben Sie in den Einstellungen Ihres Browsers Cookies für { $application } und versuchen Sie es dann erneut.
cookies-blocked-owner = Das Cookie wird dort gesetzt, wo die Anmeldung beginnt, und muss unter der öffentlichen Adresse zurückkommen. Das geht nicht, wenn sie über http oder unter einem anderen Namen als dem der öffentlichen Adresse beginnt.
cookies-blocked-scheme = Nach Auskunft des Proxys davor oder des Browsers begann diese Anmeldung über http. Browser behalten das Cookie nur über https. Leiten Sie alles von http auf https um, und lassen Sie den Proxy in X-Forwarded-Proto sagen, was der Browser verwendet hat.
cookies-blocked-host = Die Seite, auf der diese Anmeldung begann, hat im Browser eine andere Adresse als unsere, obwohl Anfragen unter unserer ankommen. Das Cookie gehört zu einer Adresse allein. Leiten Sie den anderen Namen auf die öffentliche Adresse um, oder lassen Sie den Proxy den Namen weitergeben, nach dem der Browser gefragt hat.

app-unreachable-heading = { $application } antwortet nicht
app-unreachable-sentence = Ihr Browser und die Anmeldung funktionieren. Die Anwendung dahinter antwortet zurzeit nicht.

app-slow-heading = { $application } braucht zu lange
app-slow-sentence = Ihr Browser und die Anmeldung funktionieren. Die Anwendung dahinter hat nicht rechtzeitig geantwortet.

too-busy-heading = { $application } ist stark ausgelastet
too-busy-sentence = Es liegen dort mehr Anfragen vor, als zurzeit angenommen werden können. Ihre wurde daher nicht weitergegeben.

too-many-attempts-heading = Bitte warten Sie einen Moment
too-many-attempts-sentence = Es gab viele Versuche innerhalb kurzer Zeit.

bad-request-heading = Wir konnten diese Anfrage nicht lesen
bad-request-sentence = Die Adresse oder das Formular, das uns erreicht hat, können wir nicht verwenden. Es wurde nichts geändert.

misdirected-request-heading = Unter dieser Adresse gibt es nichts
misdirected-request-sentence = Der Name in der Adresszeile Ihres Browsers ist vielleicht falsch geschrieben oder veraltet.

not-found-heading = Seite nicht gefunden
not-found-sentence = Wenn Sie die Adresse eingegeben haben, prüfen Sie bitte, ob sie stimmt. Wenn Sie einem Link gefolgt sind, wurde die Seite vielleicht verschoben.

not-allowed-here-heading = Sie haben keinen Zugang zu dieser Seite
not-allowed-here-sentence = { $email } ist angemeldet, aber dieser Teil von { $application } ist anderen vorbehalten.
not-allowed-here-sentence-this = Dieses Konto ist angemeldet, aber dieser Teil von { $application } ist anderen vorbehalten.

method-not-allowed-heading = Das ist hier nicht möglich
method-not-allowed-sentence = Die Seite gibt es, aber nicht für das, was Ihr Browser versucht hat. Es wurde nichts geändert.

broken-heading = Bei uns gibt es ein Problem
broken-sentence = Wir konnten Ihre Anfrage nicht zu Ende bringen. Der Vorgang ist unter der Referenz unten festgehalten.

advice-check-saved = Falls Sie gerade etwas gespeichert haben, prüfen Sie, ob es angekommen ist, bevor Sie es noch einmal senden.
advice-send-again = Falls Sie gerade ein Formular gesendet haben: Es ist nicht angekommen. Gehen Sie zurück und senden Sie es noch einmal.
advice-copy-first = Falls Sie gerade ein Formular gesendet haben: Es ist nicht angekommen. Gehen Sie zurück, kopieren Sie Ihren Text und melden Sie sich dann an.
advice-ask-access = Wenn Sie ein anderes Konto haben, verwenden Sie dieses. Bitten Sie andernfalls Ihre Administration um Zugang.

stage-browser = Ihr Browser
stage-sign-in = Anmeldung
stage-works = funktioniert
stage-silent = antwortet nicht

problem-owner = Für die Administration:
problem-registered = Beim Anbieter muss genau diese Weiterleitungs-URI eingetragen sein:
problem-reference = Referenz
problem-details = Einzelheiten
problem-reference-hint = Nennen Sie diese Referenz, wenn Sie um Hilfe bitten.

door-title = Bei { $organization } anmelden
door-lead-one = Melden Sie sich an, um { $application } zu nutzen.
door-lead-several = Wählen Sie, wie Sie sich anmelden möchten, um { $application } zu nutzen.
door-lead-one-as = Melden Sie sich an, um { $application } als { $email } zu nutzen.
door-lead-several-as = Wählen Sie, wie Sie sich anmelden möchten, um { $application } als { $email } zu nutzen.
door-button = Mit { $provider } anmelden
door-used-last = In diesem Browser zuletzt verwendet
door-none = Bei dieser Organisation kann man sich noch nicht anmelden. Ihre Administration kann eine Anmeldemöglichkeit hinzufügen.
door-another-organization = Andere Organisation verwenden

notice-idle = Sie wurden abgemeldet, weil Sie eine Weile nicht hier waren.
notice-lifetime = Sie wurden abgemeldet, weil eine Anmeldung nur für begrenzte Zeit gilt.
notice-withdrawn = Sie wurden von einem anderen Browser aus oder durch die Administration abgemeldet.
notice-at-provider = Sie wurden von Ihrem Anmeldedienst abgemeldet.
notice-unknown = Sie wurden abgemeldet.
notice-another-account = Wählen Sie das Konto, das Sie verwenden möchten.

email-title = Bei { $application } anmelden
email-continue = Weiter zu { $organization }
email-or = oder
email-label = Ihre geschäftliche E-Mail-Adresse
email-hint = Sie führt zur Anmeldung Ihrer Organisation. Wir fragen nicht nach einem Passwort.
email-list = Oder wählen Sie Ihre Organisation
email-missing = Geben Sie Ihre E-Mail-Adresse ein.
email-malformed = Geben Sie eine E-Mail-Adresse in der Form name@example.com ein.
email-unknown-domain = Wir kennen keine Organisation mit dieser Adresse. Prüfen Sie die Schreibweise oder verwenden Sie den Anmeldelink Ihrer Organisation.

choose-title = Wählen Sie Ihre Organisation
choose-lead = Die Adresse { $email } wird von mehr als einer Organisation verwendet.
choose-another-email = Andere E-Mail-Adresse verwenden

dev-title = Anmeldung für die Entwicklung
dev-note = Dieses Formular vertritt einen Identitätsanbieter. Es glaubt alles, was Sie eingeben, und funktioniert nur auf diesem Rechner.
dev-email = E-Mail-Adresse
dev-name = Name
dev-name-hint = (freiwillig)
dev-groups = Gruppen
dev-groups-hint = (freiwillig, durch Kommas getrennt)
dev-cancel = Abbrechen

logout-title = Von { $application } abmelden?
logout-lead = Damit endet Ihre Sitzung in diesem Browser. Speichern Sie zuerst Ihre Arbeit, falls noch etwas offen ist.
logout-stay = Angemeldet bleiben

logged-out-title = Sie sind von { $application } abgemeldet
logged-out-there-too = Ihre Sitzung hier ist beendet, die bei { $provider } ebenfalls.
logged-out-here = Ihre Sitzung hier ist beendet.
logged-out-close = Ihre Sitzung hier ist beendet. Schließen Sie an einem gemeinsam genutzten Computer auch alle Browserfenster.
logged-out-still = Sie sind noch angemeldet bei { $providers }.
logged-out-still-advice = Melden Sie sich an einem gemeinsam genutzten Computer auch dort ab. Sonst kann die nächste Person sich als Sie anmelden.

signed-in-title = Sie sind angemeldet
signed-in-close = Sie können dieses Fenster schließen und im vorigen weitermachen.

redirecting-title = Einen Moment
redirecting-lead = Sie werden weitergeleitet. Wenn nichts geschieht, verwenden Sie die Schaltfläche.

account-title = Sie sind angemeldet
account-name = Name
account-email = E-Mail
account-organization = Organisation
account-provider = Angemeldet mit
account-since = Seit
account-until = Längstens bis
account-open = { $application } öffnen
account-identity = Ihr Konto bei { $provider }
account-state = Status
account-confirmed = Bestätigt
account-unanswered-timeout = Bei der letzten Nachfrage nicht bestätigt: Es hat zu lange gedauert
account-unanswered-unreachable = Bei der letzten Nachfrage nicht bestätigt: Der Dienst war nicht erreichbar
account-unanswered-asked-to-wait = Bei der letzten Nachfrage nicht bestätigt: Der Dienst bat uns zu warten
account-unanswered-trouble = Bei der letzten Nachfrage nicht bestätigt: Der Dienst hatte eine Störung
account-unanswered-unreadable = Bei der letzten Nachfrage nicht bestätigt: Die Antwort war nicht lesbar
account-unanswered-silent = Bei der letzten Nachfrage nicht bestätigt: Es kam keine Antwort
account-unasked = Bei Ihrer Anmeldung bestätigt
account-last-confirmed = Zuletzt bestätigt
account-next-check = Nächste Prüfung
account-access-ends = Zugang endet
account-access-ends-at = { $moment }, falls vorher keine Antwort kommt
account-sessions = Wo Sie angemeldet sind
account-this-browser = Dieser Browser
device-both = { $browser } unter { $system }
device-system = Ein Browser unter { $system }
device-unknown = Unbekannter Browser
account-session = Seit { $since }, zuletzt verwendet { $used }
account-end = Beenden
account-end-label = Die Sitzung seit { $since } beenden
account-end-others = Alle anderen Sitzungen beenden
account-others = Ihre anderen Organisationen
account-switch = Wechseln
account-switch-label = Zu { $organization } wechseln
account-told = Was { $application } über Sie erfährt
account-headers = Anfrage-Header
account-claims = Angaben in der signierten Bestätigung
account-fact-name = Name
account-fact-value = Wert
facts-shortened = Lange Werte und lange Listen sind hier gekürzt.

## Step-up, forms that are kept, Setup and further identities

step-up-required-heading = Bestätigen Sie, dass Sie es sind
step-up-required-sentence = Dieser Teil von { $application } verlangt eine neuere oder stärkere Anmeldung als Ihre.
form-kept-heading = Melden Sie sich noch einmal an, um dies zu senden
form-kept-sentence = Ihre Anmeldung ist abgelaufen oder liegt für diesen Teil von { $application } zu lange zurück. Ihre Eingaben wurden nicht gesendet. Sie werden hier zehn Minuten lang aufbewahrt.
sign-in-too-weak-heading = Die Anmeldung mit { $provider } war nicht stark genug
sign-in-too-weak-sentence = Dieser Teil von { $application } verlangt eine neuere oder stärkere Anmeldung. Sie sind weiterhin wie zuvor angemeldet, und nichts hat sich geändert.
sign-in-too-weak-owner = Dem Anbieter wurden max_auth_age oder acr_values der Route mitgeteilt, und er antwortete mit einer Anmeldung, die älter oder von anderer Art ist. Das Protokoll sagt, welche. Er muss die Werte kennen und eine solche Anmeldung verlangen, wenn er darum gebeten wird.
other-account-heading = Das war ein anderes Konto
other-account-sentence = Sie sollten bestätigen, dass Sie es sind, angemeldet hat sich aber { $email }, und das ist nicht das Konto, das Sie gerade verwenden. Nichts hat sich geändert.
other-account-sentence-this = Sie sollten bestätigen, dass Sie es sind, angemeldet hat sich aber ein anderes Konto als das, das Sie gerade verwenden. Nichts hat sich geändert.
organization-not-open-heading = { $organization } ist noch nicht geöffnet
organization-not-open-heading-this = Diese Organisation ist noch nicht geöffnet
organization-not-open-sentence = Eine verantwortliche Person der Organisation muss die Einrichtung abschließen, bevor man sich auf diesem Weg anmelden kann.
identity-not-linked-heading = Dieses Konto kann nicht hinzugefügt werden
identity-not-linked-taken = Das Konto bei { $provider } gehört hier jemand anderem oder zu einem anderen Konto von Ihnen. Nur die Administration kann es verschieben. Es wurde nichts geändert.
identity-not-linked-another-there = Sie haben hier bereits ein anderes Konto von { $provider }. Entfernen Sie zuerst dieses. Es wurde nichts geändert.
identity-not-linked-too-many = Mehr Konten können Sie hier nicht haben. Entfernen Sie zuerst eines. Es wurde nichts geändert.
identity-not-linked-not-admitted = Ihre Organisation gewährt mit diesem Konto bei { $provider } keinen Zugang. Es wurde nichts geändert.
identity-not-linked-not-the-person = Wer dies begonnen hat, ist in diesem Browser nicht mehr angemeldet. Es wurde nichts geändert.
identity-not-linked-not-an-owner = Nur Verantwortliche können die Einrichtung abschließen. Es wurde nichts geändert.
owners-only-heading = Diese Seite ist für Verantwortliche
owners-only-sentence = Nur die Verantwortlichen von { $organization } können sie öffnen. Sie sind in der Konfiguration benannt.
owners-only-sentence-this = Nur die Verantwortlichen dieser Organisation können sie öffnen. Sie sind in der Konfiguration benannt.
advice-copy-then-confirm = Falls Sie gerade ein Formular gesendet haben, ist es nicht angekommen. Gehen Sie zurück, um Ihren Text zu kopieren, und bestätigen Sie dann.
advice-same-account = Melden Sie sich mit demselben Konto an. Danach können Sie es mit einem Klick senden.
advice-use-all = Versuchen Sie es noch einmal und verwenden Sie alles, wonach Sie dort gefragt werden. Wenn das nicht hilft, wenden Sie sich an Ihre Administration.
action-confirm = Bestätigen
action-go-back = Zurück
action-your-account = Zu Ihrem Konto
kept-title = Ihre Eingaben senden?
kept-lead = Sie sind wieder angemeldet. Ihre Eingaben wurden noch nicht gesendet.
kept-send = Weiter: Eingaben senden
kept-leave = Zur Startseite, ohne zu senden
not-kept-title = Ihre Eingaben wurden nicht aufbewahrt
not-kept-too-late = Eingaben werden zehn Minuten lang aufbewahrt, und Ihre Anmeldung hat länger gedauert. Es wurde nichts gesendet. Bitte füllen Sie das Formular noch einmal aus.
not-kept-somebody-elses = Die Eingaben stammen von einem anderen Konto als dem, mit dem Sie jetzt angemeldet sind. Es wurde nichts gesendet, und wir haben sie gelöscht.
rehearse-title = { $provider } ausprobieren
rehearse-lead = Dies ist eine Probe. Sie gehen wie bei jeder Anmeldung zu { $provider } und sehen danach, was dabei herauskäme. Sie werden dadurch nicht angemeldet. Wer Ihnen diesen Link gegeben hat, sieht das Ergebnis ebenfalls.
rehearse-begin = Beginnen
rehearsed-title = Ergebnis mit { $provider }
rehearsed-in = Bei { $organization } hätten Sie Zugang.
rehearsed-out = Bei { $organization } hätten Sie keinen Zugang.
rehearsed-nobody = Es wurde niemand angemeldet. Sie können diese Seite schließen.
rehearsed-identity = Identität
rehearsed-verified = (bestätigt)
rehearsed-unverified = (nicht bestätigt)
rehearsed-claims = Was { $provider } angibt
rehearsed-open = { $organization } ist für Anmeldungen offen.
rehearsed-shut = { $organization } ist für Anmeldungen nicht offen.
rehearsed-too-large = Etwas, das der Anwendung über Sie mitgeteilt wird, ist zu groß für sie. Ihre Anfragen kämen dort nicht an.
rehearsal-failed-title = { $provider } hat nicht funktioniert
rehearsal-failed-lead = Die Probe endete, bevor { $provider } jemanden bestätigt hatte. Wer Ihnen den Link gegeben hat, sieht den Grund ebenfalls.
confirmed-again = Sie haben bestätigt, dass Sie es sind. Jetzt können Sie fortfahren.
account-further = Weitere Anmeldemöglichkeiten
account-further-next = Zuletzt bestätigt { $confirmed }, nächste Prüfung { $next }.
account-further-confirmed = Zuletzt bestätigt { $confirmed }.
account-check = Prüfen
account-check-named = { $provider } jetzt prüfen
check-confirmed = Der Anbieter wurde soeben gefragt und hat das Konto bestätigt.
check-unanswered = Der Anbieter wurde soeben gefragt, aber seine Antwort sagt nichts über das Konto aus. Die nächste Nachfrage geschieht von selbst, und niemandem entsteht daraus ein Nachteil.
check-waiting = Der Anbieter hat noch nicht geantwortet. Die Frage läuft weiter: Laden Sie diese Seite in einer Minute neu, um das Ergebnis zu sehen. Bis dahin ändert sich nichts.
account-remove = Entfernen
account-remove-named = { $provider } entfernen
account-add = { $provider } hinzufügen
offer-title = Dieses Konto hinzufügen?
offer-lead = Noch ist nichts geändert. Fügen Sie es nur hinzu, wenn Sie auf beiden Seiten stehen.
offer-here = Sie sind hier angemeldet mit { $provider }
offer-there = Laut { $provider } sind Sie
offer-changes = Was sich ändert
offer-either = Sie können sich bei { $organization } mit beiden Konten anmelden. Sie bleiben hier dieselbe Person.
offer-whole = Wer das neue Konto benutzen kann, kann hier alles tun, was Sie tun können.
offer-ends = Wenn { $provider } das neue Konto nicht mehr bestätigt, lässt es niemanden mehr herein. Sie können es jederzeit auf Ihrer Kontoseite entfernen.
offer-add = Hinzufügen
offer-not-me = Das bin ich nicht
offer-late = Es wurde nichts hinzugefügt: Die Antwort kam zu spät, oder die Einstellungen haben sich geändert. Sie können neu beginnen.
state-valid = Bestätigt
state-unchecked = Bei der Anmeldung bestätigt
state-suspect = Keine Antwort
state-invalid = Nicht mehr gültig
state-orphaned = Nicht verbunden
state-blocked = Gesperrt
state-removed = Entfernt
state-none = Keine Identität
why-withdrawn = Der Anbieter hat die Berechtigung zurückgezogen.
why-inactive = Laut Anbieter ist das Konto nicht aktiv.
why-no-token = Der Anbieter stellt nichts bereit, womit wir erneut nachfragen könnten.
why-somebody-else = Die Antwort des Anbieters betraf eine andere Person.
why-membership-removed = Die Mitgliedschaft wurde entfernt.
why-sign-in-again = Eine neue Anmeldung ist nötig.
why-connection = Die Verbindung wurde geschlossen oder geändert.
why-other-tenant = Das Konto gehört nicht mehr zu diesem Kunden des Anbieters.
why-email = Der Anbieter bestätigt die Adresse nicht mehr.
why-rules = Die Regeln lassen dieses Konto nicht mehr zu.

## Pages of owners

owner-nav = Verwaltung
owner-tab-home = Übersicht
owner-tab-people = Personen
owner-tab-sessions = Sitzungen
owner-tab-audit = Prüfprotokoll
owner-your-account = Ihr Konto
owner-home-title = Verwaltung von { $organization }
owner-done-title = Die Einrichtung ist abgeschlossen
owner-failed-title = Die Einrichtung wurde nicht abgeschlossen
owner-disable-title = Anmeldung mit { $provider } deaktivieren?
owner-people-title = Personen bei { $organization }
owner-sessions-title = Sitzungen bei { $organization }
owner-audit-title = Prüfprotokoll von { $organization }
owner-was-disabled = Die Anmeldung mit diesem Anbieter ist jetzt deaktiviert.
owner-was-opened = Die Einrichtung ist abgeschlossen.
owner-paused = Die Betreiber haben die Anmeldung für diese Organisation ausgesetzt.
owner-door = Anmeldeseite
owner-state-by-file = Offen, wie konfiguriert
owner-state-open = Offen
owner-state-choosing = Die Einrichtung ist nicht abgeschlossen: Wählen Sie unten
owner-state-closed = Geschlossen, bis die Einrichtung abgeschlossen ist
owner-state-disabled = Deaktiviert
owner-state-open-since = Offen seit { $moment }
owner-state-choosing-since = Die Einrichtung ist nicht abgeschlossen: Wählen Sie unten. Begonnen { $moment }.
owner-state-disabled-since = Deaktiviert seit { $moment }
owner-state-since = In diesem Status seit
owner-only = Nur für
owner-registered = Was beim Anbieter eingetragen ist
owner-health = Anbieter
owner-health-up = Antwortet
owner-health-degraded = Antwortet, aber die erneuten Nachfragen zu Personen ruhen
owner-health-down = Antwortet nicht
owner-health-unknown = Noch nicht gefragt
owner-health-since = seit { $moment }
owner-identities = Identitäten: { $state }
owner-which = Was davon ist { $organization }? Nur wer dazugehört, erhält Zugang.
owner-none-of-them = Nichts davon: Allein die konfigurierten Regeln bestimmen, wer Zugang erhält
owner-save = Speichern
owner-set-up-and-enable = Einrichten und aktivieren
owner-set-up-again = Erneut einrichten
owner-set-up = Einrichten
owner-disable-ask = Deaktivieren…
owner-hint = Bei der Einrichtung melden Sie sich mit Ihrem eigenen Konto beim Anbieter an. Das zeigt, dass die Verbindung funktioniert, und verknüpft jenes Konto mit Ihrem hier.
owner-disable-more = Es sind mehr, als gezählt werden konnten.
owner-disable-kept = Es wird nichts gelöscht: Sobald Verantwortliche die Anmeldung mit demselben Anbieter erneut einrichten, haben alle ihr Konto zurück.
owner-disable-type = Geben Sie den Kurznamen der Organisation ein, um fortzufahren:
owner-disable-mistyped = Das ist nicht der Kurzname dieser Organisation.
owner-disable = Deaktivieren
owner-cancel = Abbrechen
owner-failed = Es wurde nichts geändert. Im Protokoll und im Betriebshandbuch heißt dieser Fehler { $code }.
owner-close = Sie können dieses Fenster schließen.
owner-go = Zur Verwaltung von { $organization }
owner-search-people = Name oder E-Mail-Adresse
owner-with-state = Deren Identitäten so stehen
owner-any-state = Alle
owner-attention = Braucht Aufmerksamkeit
owner-search = Suchen
owner-nobody = Niemand.
owner-nobody-found = Es wurde niemand gefunden.
owner-so-far = Bisher wurde nichts gefunden. Es gibt noch mehr zu durchsuchen.
owner-more-people = Weitere Personen
owner-account = Konto
owner-first-seen = Zuerst gesehen
owner-membership = Mitgliedschaft
owner-removed = Entfernt: Mit diesem Konto meldet sich niemand an
owner-email-there = E-Mail beim Anbieter
owner-id-there = ID beim Anbieter
owner-last-asked = Zuletzt nachgefragt
owner-block = Sperren
owner-unlink = Verknüpfung lösen
owner-history = Was mit ihnen geschehen ist
owner-unblock = Entsperren
owner-none = Keine.
owner-end-all = Alle Sitzungen beenden
owner-restore = Mitgliedschaft wiederherstellen
owner-remove = Mitgliedschaft entfernen
owner-more-sessions = Weitere Sitzungen
owner-search-audit = Ereignis, Grund, Referenz, Konto oder Identität
owner-search-person = Person: Name, E-Mail-Adresse oder Konto
owner-search-from = Von
owner-search-to = Bis
owner-export = Als CSV herunterladen
owner-nothing = Es wurde nichts gefunden.
owner-older = Ältere
owner-actor-visitor = jemand ohne Anmeldung
owner-actor-operator = die Betreiber
owner-actor-system = automatisch
owner-disable-people = { $count ->
    [0] Niemand meldet sich auf diesem Weg an.
    [one] { $count } Person meldet sich auf diesem Weg an.
   *[other] { $count } Personen melden sich auf diesem Weg an.
}
owner-disable-others = { $count ->
    [0] Einen anderen Weg könnte niemand davon nutzen.
    [one] { $count } davon könnte einen anderen Weg nutzen.
   *[other] { $count } davon könnten einen anderen Weg nutzen.
}
owner-disable-sessions = { $count ->
    [0] Es endet keine Sitzung.
    [one] { $count } Sitzung endet sofort, einschließlich offener Verbindungen.
   *[other] { $count } Sitzungen enden sofort, einschließlich offener Verbindungen.
}

## The audit trail: what happened, and why

event-login-succeeded = Angemeldet
event-login-denied = Anmeldung abgelehnt
event-login-failed = Anmeldung nicht gelungen
event-login-cancelled = Anmeldung abgebrochen
event-login-loop = Anmeldung begann immer wieder von vorn
event-access-denied = Kein Zugang zu einer Seite
event-session-created = Sitzung begonnen
event-session-ended = Sitzung beendet
event-session-evicted = Sitzung durch eine neuere verdrängt
event-session-revoked = Sitzung durch die Administration beendet
event-identity-linked = Identität hinzugefügt
event-identity-entered-grace = Keine Antwort des Anbieters zu einer Identität
event-identity-restored = Identität vom Anbieter wieder bestätigt
event-identity-invalidated = Identität nicht mehr gültig
event-identity-checked = Identität geprüft
event-identity-blocked = Identität gesperrt
event-identity-unblocked = Identität entsperrt
event-identity-unlinked = Identität entfernt
event-identity-relinked = Identität zu einem anderen Konto verschoben
event-identity-link-refused = Identität nicht hinzugefügt
event-connection-activated = Verbindung eingerichtet
event-connection-disabled = Verbindung deaktiviert
event-rehearsal-started = Probe begonnen
event-rehearsal-finished = Probe beendet
event-admin-refused = Kein Zugang zu den Seiten für Verantwortliche
event-membership-removed = Mitgliedschaft entfernt
event-membership-restored = Mitgliedschaft wiederhergestellt
event-organization-suspended = Anmeldung für die Organisation ausgesetzt
event-organization-resumed = Anmeldung für die Organisation wieder aufgenommen
event-logout-requested = Abgemeldet

because-signed-out = Die Person hat sich abgemeldet.
because-signed-out-there = Die Person hat sich beim Anbieter abgemeldet.
because-not-confirmed = Der Anbieter bestätigt die Person nicht mehr.
because-blocked = Die Identität wurde gesperrt.
because-unlinked = Die Identität wurde vom Konto entfernt.
because-by-person = Die Person hat sie von einem anderen Browser aus beendet.
because-by-administrator = Die Administration hat sie beendet.
because-by-owner = Verantwortliche der Organisation haben sie beendet.
because-too-many-sessions = Die Person hatte zu viele Sitzungen.
because-replaced = Eine neue Anmeldung ist an ihre Stelle getreten.
because-idle = Sie wurde eine Weile nicht benutzt.
because-expired = Ihre Zeit war abgelaufen.
because-foreign-origin = Die Anfrage kam von der Seite einer anderen Website.
because-not-set-up = Die Einrichtung ist nicht abgeschlossen.
because-disabled = Verantwortliche haben diesen Anmeldeweg deaktiviert.
because-other-customer = Die Person gehört zu einem anderen Kunden des Anbieters.
because-email-unverified = Der Anbieter bestätigt die Adresse nicht.
because-emails = Die Adresse gehört nicht zu den zugelassenen.
because-email-domains = Die Domain der Adresse ist nicht zugelassen.
because-hosted-domains = Das Konto gehört zu keiner zugelassenen Domain.
because-groups-any = Die Person ist in keiner der zugelassenen Gruppen.
because-groups-all = Die Person ist nicht in allen verlangten Gruppen.
because-subjects = Die Person gehört nicht zu den einzeln zugelassenen.
because-tenants = Die Person gehört zu keinem zugelassenen Kunden des Anbieters.
because-teams = Die Person ist in keinem der zugelassenen Teams.
because-claims = Was der Anbieter über die Person angibt, passt nicht zu den Regeln.
because-cookies = Der Browser hat das Cookie nicht behalten.
because-provider-unreachable = Der Anbieter hat nicht geantwortet.
because-provider-misconfigured = Die Anmeldung mit dem Anbieter ist nicht richtig eingerichtet.
because-provider-refused = Der Anbieter hat die Person nicht zugelassen.
because-not-admitted = Die Organisation lässt dieses Konto nicht zu.
because-too-weak = Die Anmeldung lag zu lange zurück oder war nicht stark genug.
because-taken = Die Identität gehört zu einem anderen Konto.
because-another-there = Das Konto hat bereits eine Identität bei diesem Anbieter.
because-too-many-identities = Mehr Identitäten kann das Konto nicht haben.
because-not-the-person = Wer es begonnen hat, war nicht mehr angemeldet.
because-not-an-owner = Die Person ist für die Organisation nicht verantwortlich.
because-not-me = Die Person sagte, dass es nicht ihre ist.
because-step-up = Die Person hat bestätigt, dass sie es ist.
because-any-customer = Allein die konfigurierten Regeln bestimmen, wer Zugang erhält.
because-cannot-ask = Beim Anbieter kann nicht nachgefragt werden.

## Setting a provider up

setup-link-lead = Sie wurden gebeten, { $provider } anzubinden, damit sich die Leute von { $organization } damit anmelden können. Dazu müssen Sie dort eine Anwendung registrieren dürfen.
setup-link-once = Sobald Sie beginnen, funktioniert dieser Link nur noch in diesem Browser. Sie können unterbrechen und wiederkommen, solange er gilt.
setup-link-begin = Beginnen
setup-link-gone-heading = Dieser Link funktioniert nicht mehr
setup-link-gone-sentence = Er ist zu alt, wurde zurückgezogen oder ist unvollständig. Bitten Sie die Person, die ihn geschickt hat, um einen neuen.
setup-link-elsewhere-heading = Dieser Link wurde in einem anderen Browser geöffnet
setup-link-elsewhere-sentence = Er funktioniert nur dort, wo er zuerst geöffnet wurde. Machen Sie dort weiter, oder bitten Sie die Person, die ihn geschickt hat, um einen neuen.
setup-link-crowded-heading = Dieser Browser richtet zu viele Anbieter ein
setup-link-crowded-sentence = Noch einen kann er nicht behalten, ohne den ersten zu verlieren. Öffnen Sie den Link in einem anderen Browser: Verbraucht ist er noch nicht.
wizard-title = { $provider } einrichten
wizard-lead = Damit meldet sich niemand an, bevor die Betreiber dieser Website es in Kraft gesetzt haben.
wizard-organization = Organisation
wizard-until = Gültig bis
wizard-register = 1. Anwendung registrieren
wizard-register-at = Wo:
wizard-copy = Kopieren
wizard-copied = { $name } ist kopiert.
wizard-values = 2. Eintragen, was dort angezeigt wird
wizard-optional = (freiwillig)
wizard-kept = Dies ist gespeichert und wird nicht mehr angezeigt. Lassen Sie das Feld leer, außer Sie haben einen neuen Wert.
wizard-missing = Dies fehlt.
wizard-wrong = Das kann nicht stimmen. Es könnte so aussehen:
wizard-save = Speichern
wizard-first = Tragen Sie zuerst alles Nötige ein und speichern Sie es.
wizard-check = 3. Prüfen
wizard-check-lead = Der Anbieter wird jetzt gefragt, ob das passt.
wizard-check-button = Jetzt prüfen
wizard-check-good = Alles, was sich ohne Anmeldung sagen lässt, ist in Ordnung.
wizard-check-bad = Etwas ist noch nicht in Ordnung.
wizard-fine = OK
wizard-warning = Warnung
wizard-failed = Nicht richtig
wizard-unknown = Nicht bekannt
wizard-try = 4. Eine Anmeldung probieren
wizard-try-lead = Sie gehen wie bei jeder Anmeldung durch den Anbieter und sehen dann, was dabei herauskäme. Niemand wird dadurch angemeldet.
wizard-try-button = Probieren
wizard-try-good = Eine Anmeldung wurde probiert und hat funktioniert.
wizard-try-bad = Eine Anmeldung wurde probiert und hat nicht funktioniert.
wizard-finish = 5. Übergeben
wizard-finish-lead = Wenn alles in Ordnung ist, sagen Sie es. Danach lässt sich hier nichts mehr ändern.
wizard-finish-button = Es ist vollständig
wizard-finished = Fertig. Die Betreiber dieser Website setzen es jetzt in Kraft.
wizard-in-force = Dieser Anbieter ist in Kraft. Hier bleibt nichts zu tun.
wizard-displaced = Den Kurznamen hat inzwischen ein anderer Anbieter, also kann dieser nicht in Kraft treten. Richten Sie ihn unter einem anderen Kurznamen noch einmal ein.
wizard-toml = Für die Datei der Betreiber dieser Website
wizard-toml-hint = Das Geheimnis steht nicht darin. Es wird für die Betreiber dieser Website aufbewahrt und kommt in die genannte Datei.
wizard-discard = Verwerfen
drafts-title = Anbieter in Einrichtung
drafts-preset = Welcher Anbieter?
drafts-id = Kurzname
drafts-id-hint = Kleinbuchstaben, Ziffern und Bindestriche. Er wird Teil der Adresse, die Sie registrieren, und lässt sich später nicht ändern.
drafts-add = Anbieter hinzufügen
drafts-bad-id = Ein Kurzname hat 1 bis 40 Kleinbuchstaben, Ziffern und Bindestriche und beginnt und endet mit keinem Bindestrich.
drafts-taken = Einen Anbieter mit diesem Kurznamen gibt es schon.
drafts-too-many = Zu viele Anbieter werden gerade eingerichtet. Verwerfen Sie zuerst einen.
draft-waiting = Link noch nicht geöffnet
draft-open = Nicht vollständig
draft-complete = Vollständig
draft-finished = Übergeben
draft-in-force = In Kraft
draft-displaced = Name anders vergeben
event-draft-created = Einrichtung eines Anbieters begonnen
event-draft-claimed = Einrichtungslink geöffnet
event-draft-changed = Anbieter in Einrichtung geändert
event-draft-checked = Anbieter in Einrichtung geprüft
event-draft-finished = Einrichtung eines Anbieters übergeben
event-draft-exported = Einrichtung eines Anbieters übernommen, mit seinem Geheimnis
event-draft-removed = Anbieter in Einrichtung verworfen
owner-actor-link = wer den Einrichtungslink hat
