# Ce que disent les pages, en français.

frame-help = Connexion à { $application }. Si vous avez besoin d’aide, adressez-vous aux personnes qui gèrent ce site.
frame-sign-in = Connexion à { $application }.
frame-support = Obtenir de l’aide

action-sign-in = Se connecter
action-sign-in-again = Se reconnecter
action-sign-in-once-more = Se connecter encore une fois
action-sign-out = Se déconnecter
action-try-again = Réessayer
action-check-again = Vérifier de nouveau auprès de { $provider }
action-continue = Continuer
action-another-account = Utiliser un autre compte
action-another-organization = Se connecter à une autre organisation
action-enter-email = Saisir votre adresse e-mail
action-start-afresh = Se déconnecter et recommencer
action-start-page = Aller à la page d’accueil
action-go-to = Aller à { $application }
action-ask-for-access = Demander l’accès
action-open-provider = Ouvrir { $provider }
action-more = Afficher la suite

moment = { $day } { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
} { $year }, { $time } UTC
wait-seconds = { $count ->
    [one] Réessayez dans { $count } seconde.
   *[other] Réessayez dans { $count } secondes.
}
wait-minutes = { $count ->
    [one] Réessayez dans { $count } minute.
   *[other] Réessayez dans { $count } minutes.
}
wait-hours = { $count ->
    [one] Réessayez dans { $count } heure.
   *[other] Réessayez dans { $count } heures.
}
list-pair = { $first } et { $last }
list-middle = { $before }, { $next }
list-end = { $before } et { $last }

login-expired-heading = Cette page de connexion a expiré
login-expired-sentence = Les pages de connexion ne servent qu’une fois et pour peu de temps. Rien n’a été perdu.

login-cancelled-heading = La connexion a été annulée
login-cancelled-sentence = Vous revenez de { $provider } sans connexion. Rien n’a changé.

provider-unreachable-heading = { $provider } est injoignable pour le moment
provider-unreachable-sentence = Nous n’avons pas reçu de réponse et ne pouvons donc pas encore vous connecter. Les personnes déjà connectées ne sont pas concernées.

identity-unverified-heading = { $provider } n’a pas confirmé votre compte
identity-unverified-sentence-soon = Nous n’avons plus de réponse depuis trop longtemps, ce qui ne dit rien de votre compte. Nous reposons la question toutes les quelques minutes, et vous pourrez continuer dès qu’une réponse arrivera. Si le service répond déjà de nouveau, il suffit de vous reconnecter.
identity-unverified-sentence-next = Nous n’avons plus de réponse depuis trop longtemps, ce qui ne dit rien de votre compte. Nous reposerons la question le { $moment }, et vous pourrez continuer dès qu’une réponse arrivera. Si le service répond déjà de nouveau, il suffit de vous reconnecter.

identity-invalid-heading = Selon { $provider }, ce compte n’est plus actif
identity-invalid-sentence = Nous avons redemandé si vous aviez toujours accès, et la réponse a été non. Vos sessions ont donc été fermées.
identity-invalid-heading-access = Votre accès par { $provider } a pris fin
identity-invalid-sentence-at = Le { $moment }, nous avons redemandé si vous aviez toujours accès, et la réponse a été non. Vos sessions ont donc été fermées.
no-longer-withdrawn = Ce sur quoi reposait votre connexion n’y est plus accepté. Cela arrive lorsque l’accès est retiré, que le mot de passe change ou que le compte est fermé.
no-longer-inactive = Selon ce service, le compte est suspendu ou inactif.
no-longer-no-token = Ce service n’a rien fourni qui permette de l’interroger à votre sujet.
no-longer-somebody-else = La réponse concernait un autre compte que le vôtre.
no-longer-other-tenant = Le compte n’appartient plus au client de { $provider } dont les membres ont accès ici.
no-longer-email = Votre adresse e-mail n’y est plus confirmée.
no-longer-rules = Les informations sur le compte ne répondent plus aux règles d’accès d’ici.
no-longer-member = Vous n’êtes plus membre ici.
identity-invalid-check = Si vous pensez que ce n’est plus exact, reconnectez-vous là-bas : si { $provider } vous laisse entrer, vous reprenez là où vous en étiez.

provider-refused-heading = { $provider } n’a pas autorisé votre connexion
provider-refused-sentence = C’est ce service qui décide qui peut utiliser { $application }, et il n’a pas accepté ce compte.
provider-refused-not-assigned = Ce compte n’y est pas autorisé à utiliser { $application }. La personne qui y gère les comptes peut changer cela.
provider-refused-suspended = Ce compte y est suspendu. La personne qui y gère les comptes peut changer cela.
provider-refused-ungranted = Ce service n’a pas transmis ce que { $application } doit savoir de vous. Reconnectez-vous et autorisez tout ce qui est demandé.

provider-misconfigured-heading = La connexion avec { $provider } n’est pas configurée correctement
provider-misconfigured-sentence = Seule l’équipe d’administration peut y remédier. Communiquez-lui la référence ci-dessous.
provider-misconfigured-clock = Ce que le fournisseur vient d’émettre se situe, selon notre horloge, dans le futur ou bien loin dans le passé. L’une des deux horloges est fausse : vérifiez d’abord l’heure de cette machine. doorward provider test indique l’écart.

account-not-allowed-heading = { $email } n’a pas accès à { $application }
account-not-allowed-heading-this = Ce compte n’a pas accès à { $application }
account-not-allowed-sentence = La connexion a réussi, mais { $organization } n’a pas donné accès à ce compte.
account-not-allowed-sentence-this = La connexion a réussi, mais cette organisation n’a pas donné accès à ce compte.

organization-unknown-heading = Nous ne connaissons pas cette organisation
organization-unknown-sentence = L’adresse est peut-être mal saisie ou n’est plus à jour. Votre adresse e-mail suffit pour trouver la bonne page de connexion.

organization-suspended-heading = La connexion pour { $organization } est suspendue
organization-suspended-heading-this = La connexion pour cette organisation est suspendue
organization-suspended-sentence = Personne ne peut se connecter à cette organisation pour le moment. Votre compte n’a pas été modifié.

email-unverified-heading = Votre adresse e-mail n’est pas vérifiée chez { $provider }
email-unverified-sentence = { $application } n’accepte que les adresses vérifiées. Ouvrez votre compte chez { $provider }, faites vérifier { $email }, puis reconnectez-vous.
email-unverified-sentence-yours = { $application } n’accepte que les adresses vérifiées. Ouvrez votre compte chez { $provider }, faites vérifier votre adresse, puis reconnectez-vous.
email-missing-heading = Votre compte chez { $provider } n’a pas d’adresse e-mail principale
email-missing-sentence = { $application } en a besoin. Ouvrez votre compte chez { $provider }, choisissez une adresse vérifiée comme adresse principale, puis reconnectez-vous.

session-ended-heading = Votre session a été fermée
session-ended-idle = Vous n’aviez pas utilisé { $application } depuis un moment.
session-ended-lifetime = Une connexion ne dure qu’un temps limité, et la vôtre est arrivée à son terme.
session-ended-withdrawn = Votre session a été fermée depuis un autre navigateur ou par l’équipe d’administration.
session-ended-at-provider = Votre session auprès de votre service de connexion a été fermée.
session-ended-unknown = { $application } ne reconnaît plus ce navigateur.

sign-in-required-heading = Connectez-vous pour continuer
sign-in-required-sentence = Cette partie de { $application } est réservée aux personnes connectées.

redirect-loop-heading = La connexion recommence sans cesse
redirect-loop-sentence = Il y a eu plusieurs connexions de votre part en peu de temps, mais { $application } ne les a pas reconnues ensuite. Nous nous sommes arrêtés ici pour que votre navigateur ne tourne pas en rond.
redirect-loop-cookie-lost = Le cookie de session n’est pas revenu, alors que d’autres de nos cookies sont revenus. Quelque chose entre le navigateur et Doorward le supprime, ou le navigateur le refuse.
redirect-loop-session-over = Le cookie de session est revenu, mais sa session était déjà terminée. Le journal d’audit indique ce qui y a mis fin.
redirect-loop-signed-in = Le cookie de session est revenu et sa session est active. Autre chose renvoie le navigateur vers la connexion : examinez les redirections de l’application et les proxys placés devant.
redirect-loop-out-of-sight = La session appartient à l’hôte propre de l’organisation : on ne peut donc pas savoir d’ici si son cookie y revient. Examinez dans le navigateur les requêtes vers cet hôte.

cookies-blocked-heading = Votre navigateur ne conserve pas notre cookie
cookies-blocked-sentence = La connexion a besoin d’un cookie pour savoir que c’est toujours vous. Autorisez les cookies pour { $application } dans les paramètres de votre navigateur, puis réessayez.
cookies-blocked-owner = Le cookie est déposé là où les visiteurs commencent et doit revenir à l’adresse publique. C’est impossible s’ils commencent en http ou sous un autre nom que celui de l’adresse publique.
cookies-blocked-scheme = D’après le proxy en amont ou le navigateur, cette connexion a commencé en http. Les navigateurs ne gardent le cookie qu’en https. Redirigez tout http vers https, et faites dire au proxy, dans X-Forwarded-Proto, ce que le navigateur a utilisé.
cookies-blocked-host = La page où cette connexion a commencé a, dans le navigateur, une autre adresse que la nôtre, bien que les requêtes nous parviennent sous la nôtre. Le cookie n’appartient qu’à une adresse. Redirigez l’autre nom vers l’adresse publique, ou faites transmettre par le proxy le nom que le navigateur a demandé.

app-unreachable-heading = { $application } ne répond pas
app-unreachable-sentence = Votre navigateur et la connexion fonctionnent. L’application qui se trouve derrière ne répond pas pour le moment.

app-slow-heading = { $application } met trop de temps à répondre
app-slow-sentence = Votre navigateur et la connexion fonctionnent. L’application qui se trouve derrière n’a pas répondu à temps.

too-busy-heading = { $application } est très sollicité
too-busy-sentence = Il y a actuellement plus de demandes que le service ne peut en prendre. La vôtre n’a donc pas été transmise.

too-many-attempts-heading = Veuillez patienter un instant
too-many-attempts-sentence = Il y a eu beaucoup de tentatives en peu de temps.

bad-request-heading = Nous n’avons pas pu lire cette demande
bad-request-sentence = L’adresse ou le formulaire qui nous est parvenu n’est pas utilisable. Rien n’a été modifié.

misdirected-request-heading = Il n’y a rien à cette adresse
misdirected-request-sentence = Le nom dans la barre d’adresse de votre navigateur est peut-être mal saisi ou n’est plus à jour.

not-found-heading = Page introuvable
not-found-sentence = Si vous avez saisi l’adresse, vérifiez qu’elle est correcte. Si vous avez suivi un lien, la page a peut-être été déplacée.

not-allowed-here-heading = Vous n’avez pas accès à cette page
not-allowed-here-sentence = { $email } est connecté, mais cette partie de { $application } est réservée à d’autres personnes.
not-allowed-here-sentence-this = Ce compte est connecté, mais cette partie de { $application } est réservée à d’autres personnes.

method-not-allowed-heading = Cela n’est pas possible ici
method-not-allowed-sentence = La page existe, mais pas pour ce que votre navigateur a essayé de faire. Rien n’a été modifié.

broken-heading = Il y a un problème de notre côté
broken-sentence = Nous n’avons pas pu terminer ce que vous avez demandé. L’incident a été enregistré sous la référence ci-dessous.

advice-check-saved = Si vous étiez en train d’enregistrer quelque chose, vérifiez si cela est bien arrivé avant de l’envoyer de nouveau.
advice-send-again = Si vous venez d’envoyer un formulaire, il n’est pas arrivé. Revenez en arrière et envoyez-le de nouveau.
advice-copy-first = Si vous venez d’envoyer un formulaire, il n’est pas arrivé. Revenez en arrière pour copier votre texte, puis connectez-vous.
advice-ask-access = Si vous avez un autre compte, utilisez-le. Sinon, demandez l’accès à votre équipe d’administration.

stage-browser = Votre navigateur
stage-sign-in = Connexion
stage-works = fonctionne
stage-silent = ne répond pas

problem-owner = Pour l’équipe d’administration :
problem-registered = Chez le fournisseur doit être enregistrée exactement cette URI de redirection :
problem-reference = Référence
problem-details = Détails
problem-reference-hint = Si vous demandez de l’aide, indiquez cette référence.

door-title = Connexion à { $organization }
door-lead-one = Pour accéder à { $application }, connectez-vous.
door-lead-several = Pour accéder à { $application }, choisissez comment vous connecter.
door-lead-one-as = Pour accéder à { $application } en tant que { $email }, connectez-vous.
door-lead-several-as = Pour accéder à { $application } en tant que { $email }, choisissez comment vous connecter.
door-button = Se connecter avec { $provider }
door-used-last = Dernier choix dans ce navigateur
door-none = Il n’existe pas encore de moyen de se connecter à cette organisation. Son équipe d’administration peut en ajouter un.
door-another-organization = Utiliser une autre organisation

notice-idle = Votre session a été fermée parce qu’elle n’avait pas servi depuis un moment.
notice-lifetime = Votre session a été fermée parce qu’une connexion ne dure qu’un temps limité.
notice-withdrawn = Votre session a été fermée depuis un autre navigateur ou par l’équipe d’administration.
notice-at-provider = Votre session a été fermée par votre service de connexion.
notice-unknown = Votre session a été fermée.
notice-another-account = Choisissez le compte que vous voulez utiliser.

email-title = Connexion à { $application }
email-continue = Continuer vers { $organization }
email-or = ou
email-label = Votre adresse e-mail professionnelle
email-hint = Elle mène à la connexion de votre organisation. Nous ne demandons pas de mot de passe.
email-list = Ou choisissez votre organisation
email-missing = Saisissez votre adresse e-mail.
email-malformed = Saisissez une adresse e-mail de la forme name@example.com.
email-unknown-domain = Nous ne connaissons aucune organisation avec cette adresse. Vérifiez l’orthographe ou utilisez le lien de connexion de votre organisation.

choose-title = Choisissez votre organisation
choose-lead = Plusieurs organisations utilisent l’adresse { $email }.
choose-another-email = Utiliser une autre adresse e-mail

dev-title = Connexion de développement
dev-note = Ce formulaire remplace un fournisseur d’identité. Il croit tout ce que vous saisissez et ne fonctionne que sur cette machine.
dev-email = Adresse e-mail
dev-name = Nom
dev-name-hint = (facultatif)
dev-groups = Groupes
dev-groups-hint = (facultatif, séparés par des virgules)
dev-cancel = Annuler

logout-title = Se déconnecter de { $application } ?
logout-lead = Votre session dans ce navigateur sera fermée. Enregistrez d’abord votre travail si quelque chose est encore ouvert.
logout-stay = Garder la session ouverte

logged-out-title = Votre session sur { $application } est fermée
logged-out-there-too = Votre session ici est terminée, et celle chez { $provider } aussi.
logged-out-here = Votre session ici est terminée.
logged-out-close = Votre session ici est terminée. Sur un ordinateur partagé, fermez aussi toutes les fenêtres du navigateur.
logged-out-still = Votre session reste ouverte chez { $providers }.
logged-out-still-advice = Sur un ordinateur partagé, déconnectez-vous aussi de ce côté : sinon, la personne suivante pourrait revenir sous votre identité.

signed-in-title = Vous êtes bien connecté
signed-in-close = Vous pouvez fermer cette fenêtre et continuer dans la précédente.

redirecting-title = Un instant
redirecting-lead = La page suivante va s’ouvrir. S’il ne se passe rien, utilisez le bouton.

account-title = Votre session est ouverte
account-name = Nom
account-email = E-mail
account-organization = Organisation
account-provider = Connexion avec
account-since = Depuis
account-until = Au plus tard jusqu’au
account-open = Ouvrir { $application }
account-identity = Votre compte chez { $provider }
account-state = État
account-confirmed = Confirmé
account-unanswered-timeout = Non confirmé à la dernière demande : la réponse a trop tardé
account-unanswered-unreachable = Non confirmé à la dernière demande : le service était injoignable
account-unanswered-asked-to-wait = Non confirmé à la dernière demande : le service nous a demandé d’attendre
account-unanswered-trouble = Non confirmé à la dernière demande : le service avait un problème
account-unanswered-unreadable = Non confirmé à la dernière demande : la réponse était illisible
account-unanswered-silent = Non confirmé à la dernière demande : le service n’a pas répondu
account-unasked = Confirmé lors de votre connexion
account-last-confirmed = Dernière confirmation
account-next-check = Prochaine vérification
account-access-ends = Fin de l’accès
account-access-ends-at = { $moment }, sauf réponse d’ici là
account-sessions = Où votre session est ouverte
account-this-browser = Ce navigateur
device-both = { $browser } sous { $system }
device-system = Un navigateur sous { $system }
device-unknown = Navigateur inconnu
account-session = Depuis le { $since }, dernière utilisation le { $used }
account-end = Fermer
account-end-label = Fermer la session ouverte depuis le { $since }
account-end-others = Fermer toutes les autres sessions
account-others = Vos autres organisations
account-switch = Changer
account-switch-label = Passer à { $organization }
account-told = Ce que { $application } sait de vous
account-headers = En-têtes de requête
account-claims = Déclarations de l’assertion signée
account-fact-name = Nom
account-fact-value = Valeur
facts-shortened = Les valeurs et les listes longues sont abrégées ici.

## Step-up, forms that are kept, Setup and further identities

step-up-required-heading = Confirmez que c’est bien vous
step-up-required-sentence = Cette partie de { $application } demande une connexion plus récente ou plus sûre que la vôtre.
form-kept-heading = Connectez-vous encore une fois pour envoyer ceci
form-kept-sentence = Votre connexion est terminée, ou n’est pas assez récente pour cette partie de { $application }. Ce que vous avez saisi n’a pas été envoyé, mais reste conservé ici pendant dix minutes.
sign-in-too-weak-heading = La connexion avec { $provider } n’était pas assez sûre
sign-in-too-weak-sentence = Cette partie de { $application } demande une connexion plus récente ou plus sûre. Votre session reste ouverte comme avant, et rien n’a changé.
sign-in-too-weak-owner = Le fournisseur a reçu le max_auth_age ou les acr_values de la route et a répondu par une connexion plus ancienne ou d’un autre type. Le journal dit laquelle. Il doit connaître ces valeurs et exiger une telle connexion lorsqu’on la lui demande.
other-account-heading = C’était un autre compte
other-account-sentence = Vous deviez confirmer que c’est bien vous, mais c’est { $email } qui s’est connecté, et ce n’est pas le compte que vous utilisez. Rien n’a changé.
other-account-sentence-this = Vous deviez confirmer que c’est bien vous, mais c’est un autre compte qui s’est connecté, et ce n’est pas celui que vous utilisez. Rien n’a changé.
organization-not-open-heading = { $organization } n’est pas encore ouverte
organization-not-open-heading-this = Cette organisation n’est pas encore ouverte
organization-not-open-sentence = Un responsable de l’organisation doit en terminer la configuration avant que l’on puisse se connecter de cette façon.
identity-not-linked-heading = Ce compte ne peut pas être ajouté
identity-not-linked-taken = Le compte chez { $provider } appartient ici à quelqu’un d’autre, ou à un autre de vos comptes. Seule l’équipe d’administration peut le déplacer. Rien n’a été modifié.
identity-not-linked-another-there = Vous avez déjà ici un autre compte de { $provider }. Retirez d’abord celui-là. Rien n’a été modifié.
identity-not-linked-too-many = Vous ne pouvez pas avoir plus de comptes ici. Retirez-en d’abord un. Rien n’a été modifié.
identity-not-linked-not-admitted = Votre organisation ne laisse entrer personne avec ce compte chez { $provider }. Rien n’a été modifié.
identity-not-linked-not-the-person = La personne qui a commencé n’est plus connectée dans ce navigateur. Rien n’a été modifié.
identity-not-linked-not-an-owner = Seul un responsable peut terminer la configuration. Rien n’a été modifié.
owners-only-heading = Cette page est réservée aux responsables
owners-only-sentence = Seuls les responsables de { $organization } peuvent l’ouvrir. Ils sont nommés dans la configuration.
owners-only-sentence-this = Seuls les responsables de cette organisation peuvent l’ouvrir. Ils sont nommés dans la configuration.
advice-copy-then-confirm = Si vous venez d’envoyer un formulaire, il n’est pas arrivé. Revenez en arrière pour copier ce que vous avez écrit, puis confirmez.
advice-same-account = Connectez-vous avec le même compte. Vous pourrez ensuite l’envoyer d’un seul clic.
advice-use-all = Réessayez, et utilisez tout ce qui vous y est demandé. Si cela ne suffit pas, prévenez votre équipe d’administration.
action-confirm = Confirmer
action-go-back = Retour
action-your-account = Aller à votre compte
kept-title = Envoyer ce que vous aviez saisi ?
kept-lead = Votre session est de nouveau ouverte. Ce que vous aviez saisi n’a pas encore été envoyé.
kept-send = Continuer : envoyer ce que vous aviez saisi
kept-leave = Aller à la page d’accueil sans l’envoyer
not-kept-title = Ce que vous aviez saisi n’a pas été conservé
not-kept-too-late = Une saisie est conservée dix minutes, et votre connexion a pris plus de temps. Rien n’a été envoyé : il faut la refaire.
not-kept-somebody-elses = La saisie a été faite avec un autre compte que celui que vous utilisez maintenant. Rien n’a été envoyé, et nous l’avons effacée.
rehearse-title = Essayer { $provider }
rehearse-lead = Ceci est un essai. Vous passez par { $provider } comme pour toute connexion, puis vous voyez ce qui en résulterait. Cet essai n’ouvre pas de session. La personne qui vous a donné ce lien voit aussi le résultat.
rehearse-begin = Commencer
rehearsed-title = Résultat avec { $provider }
rehearsed-in = { $organization } vous laisserait entrer.
rehearsed-out = { $organization } ne vous laisserait pas entrer.
rehearsed-nobody = Aucune session n’a été ouverte. Vous pouvez fermer cette page.
rehearsed-identity = Identité
rehearsed-verified = (vérifiée)
rehearsed-unverified = (non vérifiée)
rehearsed-claims = Ce que dit { $provider }
rehearsed-open = { $organization } est ouverte aux connexions.
rehearsed-shut = { $organization } n’est pas ouverte aux connexions.
rehearsed-too-large = Une information transmise à l’application à votre sujet est trop volumineuse pour elle. Vos requêtes ne lui parviendraient pas.
rehearsal-failed-title = { $provider } n’a pas fonctionné
rehearsal-failed-lead = L’essai s’est terminé avant que { $provider } ait confirmé qui que ce soit. La personne qui vous a donné le lien voit aussi la raison.
confirmed-again = Vous avez confirmé votre identité. Vous pouvez maintenant continuer.
account-further = Autres façons de vous connecter
account-further-next = Dernière confirmation { $confirmed }, prochaine vérification { $next }.
account-further-confirmed = Dernière confirmation { $confirmed }.
account-check = Vérifier
account-check-named = Vérifier { $provider } maintenant
check-confirmed = Le fournisseur vient d’être interrogé et a confirmé le compte.
check-unanswered = Le fournisseur vient d’être interrogé, mais sa réponse ne dit rien du compte. La question sera reposée d’elle-même, sans conséquence pour personne.
check-waiting = Le fournisseur n’a pas encore répondu. La question reste posée : rechargez cette page dans une minute pour connaître le résultat. D’ici là, rien ne change.
account-remove = Retirer
account-remove-named = Retirer { $provider }
account-add = Ajouter { $provider }
offer-title = Ajouter ce compte ?
offer-lead = Rien n’a encore changé. Ajoutez-le seulement si vous êtes la personne indiquée des deux côtés.
offer-here = Vous êtes ici avec { $provider }
offer-there = Selon { $provider }, vous êtes
offer-changes = Ce qui change
offer-either = Vous pourrez vous connecter à { $organization } avec l’un ou l’autre compte. Vous restez ici la même personne.
offer-whole = Toute personne qui peut utiliser le nouveau compte peut faire ici tout ce que vous pouvez faire.
offer-ends = Si { $provider } ne confirme plus le nouveau compte, il ne donne plus accès à rien. Vous pouvez le retirer à tout moment sur la page de votre compte.
offer-add = Ajouter
offer-not-me = Ce n’est pas moi
offer-late = Rien n’a été ajouté : la réponse est arrivée trop tard, ou les réglages ont changé. Vous pouvez recommencer.
state-valid = Confirmé
state-unchecked = Confirmé à la connexion
state-suspect = Sans réponse
state-invalid = N’est plus valable
state-orphaned = Non relié
state-blocked = Bloqué
state-removed = Retiré
state-none = Aucune identité
why-withdrawn = Le fournisseur a retiré l’autorisation.
why-inactive = Selon le fournisseur, le compte n’est pas actif.
why-no-token = Le fournisseur ne donne aucun moyen de reposer la question.
why-somebody-else = Le fournisseur a répondu au sujet de quelqu’un d’autre.
why-membership-removed = L’appartenance a été retirée.
why-sign-in-again = Une nouvelle connexion est nécessaire.
why-connection = La liaison a été fermée ou modifiée.
why-other-tenant = Le compte n’appartient plus à ce client du fournisseur.
why-email = Le fournisseur ne confirme plus l’adresse.
why-rules = Les règles n’admettent plus ce compte.

## Pages of owners

owner-nav = Administration
owner-tab-home = Vue d’ensemble
owner-tab-people = Personnes
owner-tab-sessions = Sessions
owner-tab-audit = Journal d’audit
owner-your-account = Votre compte
owner-home-title = Administration de { $organization }
owner-done-title = La configuration est terminée
owner-failed-title = La configuration n’a pas abouti
owner-disable-title = Désactiver la connexion avec { $provider } ?
owner-people-title = Personnes de { $organization }
owner-sessions-title = Sessions de { $organization }
owner-audit-title = Journal d’audit de { $organization }
owner-was-disabled = La connexion avec ce fournisseur est maintenant désactivée.
owner-was-opened = La configuration est terminée.
owner-paused = Les personnes qui gèrent ce site ont suspendu la connexion pour cette organisation.
owner-door = Page de connexion
owner-state-by-file = Ouverte, selon le fichier de configuration
owner-state-open = Ouverte
owner-state-choosing = La configuration n’est pas terminée : choisissez ci-dessous
owner-state-closed = Fermée jusqu’à la fin de la configuration
owner-state-disabled = Désactivée
owner-state-open-since = Ouverte depuis le { $moment }
owner-state-choosing-since = La configuration n’est pas terminée : choisissez ci-dessous. Elle a commencé le { $moment }.
owner-state-disabled-since = Désactivée depuis le { $moment }
owner-state-since = Dans cet état depuis
owner-only = Réservée à
owner-registered = Ce qui est enregistré chez le fournisseur
owner-health = Fournisseur
owner-health-up = Répond
owner-health-degraded = Répond, mais les vérifications des personnes sont suspendues
owner-health-down = Ne répond pas
owner-health-unknown = Pas encore interrogé
owner-health-since = depuis le { $moment }
owner-identities = Identités : { $state }
owner-which = Lequel de ces choix correspond à { $organization } ? Seules les personnes qui en font partie auront accès.
owner-none-of-them = Aucun : seules les règles configurées déterminent qui a accès
owner-save = Enregistrer
owner-set-up-and-enable = Configurer et activer
owner-set-up-again = Configurer à nouveau
owner-set-up = Configurer
owner-disable-ask = Désactiver…
owner-hint = La configuration vous envoie chez le fournisseur avec votre propre compte, montre que la liaison fonctionne et rattache ce compte au vôtre ici.
owner-disable-more = Il y en a plus qu’il n’a été possible d’en compter.
owner-disable-kept = Rien n’est supprimé : dès qu’un responsable refait la configuration avec le même fournisseur, chacun retrouve son compte.
owner-disable-type = Pour continuer, saisissez le nom court de l’organisation :
owner-disable-mistyped = Ce n’est pas le nom court de cette organisation.
owner-disable = Désactiver
owner-cancel = Annuler
owner-failed = Rien n’a été modifié. Dans le journal et le guide d’exploitation, cette erreur s’appelle { $code }.
owner-close = Vous pouvez fermer cette fenêtre.
owner-go = Aller à l’administration de { $organization }
owner-search-people = Nom ou adresse e-mail
owner-with-state = Dont les identités sont
owner-any-state = Tous
owner-attention = À examiner
owner-search = Rechercher
owner-nobody = Personne.
owner-nobody-found = Aucune personne trouvée.
owner-so-far = Rien n’a été trouvé pour l’instant. Il reste d’autres éléments à parcourir.
owner-more-people = Plus de personnes
owner-account = Compte
owner-first-seen = Première connexion
owner-membership = Appartenance
owner-removed = Retirée : personne ne se connecte à ce compte
owner-email-there = E-mail chez le fournisseur
owner-id-there = Identifiant chez le fournisseur
owner-last-asked = Dernière demande
owner-block = Bloquer
owner-unlink = Dissocier
owner-history = Ce qui s’est passé pour cette personne
owner-unblock = Débloquer
owner-none = Aucune.
owner-end-all = Fermer toutes les sessions
owner-restore = Rétablir l’appartenance
owner-remove = Retirer l’appartenance
owner-more-sessions = Plus de sessions
owner-search-audit = Événement, motif, référence, compte ou identité
owner-search-person = Personne : nom, adresse e-mail ou compte
owner-search-from = Du
owner-search-to = Au
owner-export = Télécharger au format CSV
owner-nothing = Rien n’a été trouvé.
owner-older = Plus anciens
owner-actor-visitor = une personne non connectée
owner-actor-operator = les personnes qui gèrent ce site
owner-actor-system = automatiquement
owner-disable-people = { $count ->
    [0] Personne ne se connecte de cette façon.
    [one] { $count } personne se connecte de cette façon.
   *[other] { $count } personnes se connectent de cette façon.
}
owner-disable-others = { $count ->
    [0] Aucune d’elles ne pourrait se connecter autrement.
    [one] { $count } d’entre elles pourrait se connecter autrement.
   *[other] { $count } d’entre elles pourraient se connecter autrement.
}
owner-disable-sessions = { $count ->
    [0] Aucune session n’est fermée.
    [one] { $count } session est fermée immédiatement, connexions ouvertes comprises.
   *[other] { $count } sessions sont fermées immédiatement, connexions ouvertes comprises.
}

## The audit trail: what happened, and why

event-login-succeeded = Connexion réussie
event-login-denied = Connexion refusée
event-login-failed = Connexion non aboutie
event-login-cancelled = Connexion annulée
event-login-loop = Connexion recommencée sans cesse
event-access-denied = Pas d’accès à une page
event-session-created = Session ouverte
event-session-ended = Session fermée
event-session-evicted = Session fermée au profit d’une plus récente
event-session-revoked = Session fermée par l’équipe d’administration
event-identity-linked = Identité ajoutée
event-identity-entered-grace = Pas de réponse du fournisseur sur une identité
event-identity-restored = Identité de nouveau confirmée par le fournisseur
event-identity-invalidated = Identité qui n’est plus valable
event-identity-checked = Identité vérifiée
event-identity-blocked = Identité bloquée
event-identity-unblocked = Identité débloquée
event-identity-unlinked = Identité retirée
event-identity-relinked = Identité déplacée vers un autre compte
event-identity-link-refused = Identité non ajoutée
event-connection-activated = Liaison configurée
event-connection-disabled = Liaison désactivée
event-rehearsal-started = Essai commencé
event-rehearsal-finished = Essai terminé
event-admin-refused = Pas d’accès aux pages des responsables
event-membership-removed = Appartenance retirée
event-membership-restored = Appartenance rétablie
event-organization-suspended = Connexion suspendue pour l’organisation
event-organization-resumed = Connexion rétablie pour l’organisation
event-logout-requested = Déconnexion

because-signed-out = La personne s’est déconnectée.
because-signed-out-there = La personne s’est déconnectée chez le fournisseur.
because-not-confirmed = Le fournisseur ne confirme plus la personne.
because-blocked = L’identité a été bloquée.
because-unlinked = L’identité a été retirée du compte.
because-by-person = La personne l’a fermée depuis un autre navigateur.
because-by-administrator = L’équipe d’administration l’a fermée.
because-by-owner = Un responsable l’a fermée.
because-too-many-sessions = La personne avait trop de sessions.
because-replaced = Une nouvelle connexion l’a remplacée.
because-idle = Elle n’avait pas servi depuis un moment.
because-expired = Elle est arrivée à son terme.
because-foreign-origin = La demande venait d’une page d’un autre site.
because-not-set-up = La configuration n’est pas terminée.
because-disabled = Un responsable a désactivé cette façon de se connecter.
because-other-customer = La personne appartient à un autre client du fournisseur.
because-email-unverified = Le fournisseur ne confirme pas l’adresse.
because-emails = L’adresse ne fait pas partie de celles qui sont admises.
because-email-domains = Le domaine de l’adresse n’est pas admis.
because-hosted-domains = Le compte n’appartient à aucun domaine admis.
because-groups-any = La personne n’est dans aucun des groupes admis.
because-groups-all = La personne n’est pas dans tous les groupes exigés.
because-subjects = La personne ne fait pas partie de celles qui sont admises une par une.
because-tenants = La personne n’appartient à aucun client admis du fournisseur.
because-teams = La personne n’est dans aucune des équipes admises.
because-claims = Ce que le fournisseur dit de la personne ne correspond pas aux règles.
because-cookies = Le navigateur n’a pas conservé le cookie.
because-provider-unreachable = Le fournisseur n’a pas répondu.
because-provider-misconfigured = La connexion avec le fournisseur n’est pas configurée correctement.
because-provider-refused = Le fournisseur n’a pas laissé entrer la personne.
because-not-admitted = L’organisation n’admet pas ce compte.
because-too-weak = La connexion n’était pas assez récente ou pas assez sûre.
because-taken = L’identité appartient à un autre compte.
because-another-there = Le compte a déjà une identité chez ce fournisseur.
because-too-many-identities = Le compte ne peut pas avoir plus d’identités.
because-not-the-person = La personne qui a commencé n’était plus connectée.
because-not-an-owner = La personne n’est pas responsable de l’organisation.
because-not-me = La personne a dit que ce n’était pas la sienne.
because-step-up = La personne a confirmé son identité.
because-any-customer = Seules les règles configurées déterminent qui a accès.
because-cannot-ask = Le fournisseur ne peut pas être interrogé.

## Setting a provider up

setup-link-lead = On vous a demandé de relier { $provider }, pour que les membres de { $organization } puissent s’y connecter. Il vous faut le droit d’y enregistrer une application.
setup-link-once = Dès que vous commencez, ce lien ne fonctionne plus que dans ce navigateur. Vous pouvez vous arrêter et revenir tant qu’il est valable.
setup-link-begin = Commencer
setup-link-gone-heading = Ce lien ne fonctionne plus
setup-link-gone-sentence = Il est trop ancien, a été retiré ou est incomplet. Demandez-en un nouveau à la personne qui vous l’a envoyé.
setup-link-elsewhere-heading = Ce lien a été ouvert dans un autre navigateur
setup-link-elsewhere-sentence = Il ne fonctionne que là où il a été ouvert en premier. Continuez là-bas, ou demandez-en un nouveau à la personne qui vous l’a envoyé.
setup-link-crowded-heading = Ce navigateur configure trop de fournisseurs
setup-link-crowded-sentence = Il ne peut en garder un de plus sans perdre le premier. Ouvrez le lien dans un autre navigateur : il n’a pas encore été utilisé.
wizard-title = Configurer { $provider }
wizard-lead = Personne ne se connecte ainsi avant que les responsables de ce site ne l’aient mis en service.
wizard-organization = Organisation
wizard-until = Valable jusqu’au
wizard-register = 1. Enregistrer l’application
wizard-register-at = Où :
wizard-copy = Copier
wizard-copied = { $name } est copié.
wizard-values = 2. Saisir ce qui s’y affiche
wizard-optional = (facultatif)
wizard-kept = Cette valeur est conservée et ne sera plus affichée. Laissez le champ vide, sauf si vous en avez une nouvelle.
wizard-missing = Il manque une valeur.
wizard-wrong = Cela ne peut pas être juste. Cela pourrait ressembler à ceci :
wizard-save = Enregistrer
wizard-first = Saisissez d’abord tout ce qui est nécessaire, puis enregistrez.
wizard-check = 3. Vérifier
wizard-check-lead = Le fournisseur est interrogé maintenant pour savoir si tout concorde.
wizard-check-button = Vérifier maintenant
wizard-check-good = Tout ce qui peut se dire sans connexion est en ordre.
wizard-check-bad = Quelque chose n’est pas encore en ordre.
wizard-fine = OK
wizard-warning = Avertissement
wizard-failed = Pas juste
wizard-unknown = Pas connu
wizard-try = 4. Essayer une connexion
wizard-try-lead = Vous passez par le fournisseur comme à toute connexion, puis vous voyez ce qui en résulterait. Personne n’est connecté ainsi.
wizard-try-button = Essayer
wizard-try-good = Une connexion a été essayée, et elle a fonctionné.
wizard-try-bad = Une connexion a été essayée, et elle n’a pas fonctionné.
wizard-finish = 5. Transmettre
wizard-finish-lead = Quand tout est en ordre, dites-le. Ensuite, plus rien ne peut être modifié ici.
wizard-finish-button = C’est complet
wizard-finished = C’est fait. Les responsables de ce site le mettent maintenant en service.
wizard-in-force = Ce fournisseur est en service. Il ne reste rien à faire ici.
wizard-displaced = Ce nom court a entre-temps été donné à un autre fournisseur : celui-ci ne peut donc pas être mis en service. Configurez-le à nouveau sous un autre nom court.
wizard-toml = Pour le fichier des responsables de ce site
wizard-toml-hint = Le secret n’y figure pas. Il est conservé pour les responsables de ce site et va dans le fichier indiqué.
wizard-discard = Abandonner
drafts-title = Fournisseurs en cours de configuration
drafts-preset = Quel fournisseur ?
drafts-id = Nom court
drafts-id-hint = Lettres minuscules, chiffres et tirets. Il fait partie de l’adresse que vous enregistrez et ne peut pas être changé plus tard.
drafts-add = Ajouter un fournisseur
drafts-bad-id = Un nom court comporte de 1 à 40 lettres minuscules, chiffres et tirets, et ne commence ni ne finit par un tiret.
drafts-taken = Il existe déjà un fournisseur de ce nom court.
drafts-too-many = Trop de fournisseurs sont en cours de configuration. Abandonnez-en un d’abord.
draft-waiting = Lien pas encore ouvert
draft-open = Incomplet
draft-complete = Complet
draft-finished = Transmis
draft-in-force = En service
draft-displaced = Nom attribué à un autre
event-draft-created = Configuration d’un fournisseur commencée
event-draft-claimed = Lien de configuration ouvert
event-draft-changed = Fournisseur en configuration modifié
event-draft-checked = Fournisseur en configuration vérifié
event-draft-finished = Configuration d’un fournisseur transmise
event-draft-exported = Configuration d’un fournisseur reprise, avec son secret
event-draft-removed = Fournisseur en configuration abandonné
owner-actor-link = la personne qui a le lien de configuration
