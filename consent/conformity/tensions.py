"""The tensions T-01 … T-24 between the policy's words and the rules, as data (docs/conformity.md).

Words of the policy are quoted from what is published, whole sentences: another word is another
quotation, and a warning that was accepted for the old one is open again.
"""

from django.utils.translation import gettext_lazy as _

from consent.conformity import words
from consent.conformity.concern import Concern

_SAME = _("Le préréglage strict n'y change rien.")

TENSIONS: tuple[Concern, ...] = (
    Concern(
        "T-01",
        "L2",
        _("Le choix est gardé un an"),
        _("CNIL, délibération 2020-092 : garder le choix six mois, oui et non, est une bonne "
          "pratique (France ; aucun chiffre belge)."),
        _("Le site garde chaque choix exactement aussi longtemps que la politique le dit, depuis "
          "le jour du choix, pour un accord comme pour un refus."),
        _("La CNIL recommande de conserver le choix 6 mois. Votre politique dit 1 an."),
        _("Un choix vit six mois du calendrier."),
        words.choice_life,
    ),
    Concern(
        "T-02",
        "L2",
        _("Les cookies de mesure vivent deux ans"),
        _("APD, décision 85/2022 : une durée doit être justifiée. CNIL : treize mois, pour les "
          "mesures exemptées, servent de repère."),
        _("Google reçoit la durée déclarée et ne la prolonge jamais. Chrome ne garde de toute "
          "façon aucun cookie plus de 400 jours."),
        _("2 ans dépasse le repère de 13 mois ; justifiez ou réduisez. Chrome limite à 400 jours."),
        _("Les cookies de Google vivent 393 jours, les treize mois les plus courts."),
        words.analytics_life,
    ),
    Concern(
        "T-03",
        "L1",
        _("L'accord pour la mesure d'audience n'est pas dit"),
        _("Directive 2002/58, art. 5(3) ; loi belge du 30 juillet 2018, art. 10/2."),
        _("Le site ne mesure rien sans accord, et un complément le dit à côté du texte. Le texte "
          "lui-même se tait."),
        _("La politique n'indique pas que les cookies analytiques exigent votre accord : proposer "
          "une phrase."),
        _SAME,
        words.silent_on_consent,
    ),
    Concern(
        "T-04",
        "L1",
        _("La finalité des cookies et l'accès de Google ne sont pas dits"),
        _("CJUE C-673/17 (Planet49) ; RGPD, art. 13(1)(c) et (e)."),
        _("Finalité et accès figurent dans le bandeau, le second niveau et le tableau des "
          "cookies, comme compléments."),
        _("Finalité et accès de Google absents du texte."),
        _SAME,
        words.silent_on_access,
    ),
    Concern(
        "T-05",
        "L1",
        _("Le retrait ne passe que par les réglages du navigateur"),
        _("RGPD, art. 7(3) ; loi du 30 juillet 2018, art. 10/2, dernier alinéa."),
        _("« Gérer mes cookies » est sur chaque page et suffit. Le texte n'en parle pas."),
        _("Le texte ne mentionne pas le bouton de retrait."),
        _SAME,
        words.silent_on_withdrawal,
    ),
    Concern(
        "T-06",
        "L3",
        _("Cookies de connexion : uniquement quand l'utilisateur est connecté"),
        _("RGPD, art. 5(1)(c) et (e) : la durée réelle est la durée déclarée."),
        _("Le site rend ces mots vrais : ni sessionid ni Csrf-token sans connexion, et les durées "
          "du texte. Un contrôle le vérifie à chaque publication."),
        _("Les durées réelles des cookies de connexion ne sont pas celles du texte."),
        _SAME,
        words.login_cookies,
    ),
    Concern(
        "T-07",
        "L3",
        _("_gat n'est plus déposé"),
        _("Google Analytics 4 ne dépose que _ga et _ga_…"),
        _("_gat reste déclaré et serait effacé au retrait."),
        _("_gat n'est pas déposé par GA4 ; retirer ?"),
        _("_gat n'est plus montré."),
        words.stale_cookie,
    ),
    Concern(
        "T-08",
        "L1",
        _("Une justification d'identité pour chaque demande"),
        _("RGPD, art. 12(6) ; APD, décision 17/2020 : pas de carte d'identité d'office."),
        _("Être connecté, ou confirmer par e-mail, suffit ; un document n'est demandé qu'en cas "
          "de doute raisonnable, noté."),
        _("Exiger un justificatif d'office est contraire à l'art. 12(6)."),
        _SAME,
        words.phrase("justification de votre identité"),
    ),
    Concern(
        "T-09",
        "L1",
        _("Une demande écrite"),
        _("RGPD, art. 12(2) : aucune forme n'est exigée."),
        _("Page des droits, e-mail, lettre ou parole : tout est reçu."),
        _("Une demande orale ou par un autre canal est recevable."),
        _SAME,
        words.phrase("demande écrite"),
    ),
    Concern(
        "T-10",
        "L1",
        _("Une liste fermée de destinataires, sans Google"),
        _("RGPD, art. 13(1)(e)."),
        _("La finalité vii) ajoute des destinataires que la liste exclut, et Google n'y est pas. "
          "Un complément les nomme."),
        _("Liste incomplète et contradictoire."),
        _("Pas de communication à un tiers plaignant sans l'avis d'un conseil."),
        words.phrase("autres que ceux spécifiés"),
    ),
    Concern(
        "T-11",
        "L2",
        _("Toutes les finalités sur le contrat"),
        _("CEPD, lignes directrices 2/2019 : améliorer un service relève rarement du contrat."),
        _("La base écrite est publiée telle quelle ; un complément propose l'intérêt légitime "
          "pour la finalité vi)."),
        _("vi) amélioration : intérêt légitime ou consentement plutôt que contrat."),
        _("L'opposition est ouverte pour la finalité vi)."),
        words.phrase("obligations (pré)contractuelles"),
    ),
    Concern(
        "T-12",
        "L2",
        _("Serveurs européens, mais transfert vers les États-Unis"),
        _("RGPD, art. 44 à 46 ; décision (UE) 2023/1795 ; pourvoi C-703/25 P."),
        _("Le transfert et son fondement figurent au registre avec le jour de leur examen, et "
          "l'interrupteur arrête la mesure d'un geste."),
        _("GA : transfert fondé sur le DPF, pourvoi C-703/25 P en cours."),
        _("La mesure s'arrête quand le fondement du transfert tombe."),
        words.transfer_and_servers,
    ),
    Concern(
        "T-13",
        "L3",
        _("Deux noms pour un responsable"),
        _("RGPD, art. 13(1)(a) : une identité."),
        _("Les deux noms sont montrés ensemble, avec un complément."),
        _("Préciser que Click'n CoNNect est le nom commercial de SRL HA.I."),
        _SAME,
        words.two_controllers,
    ),
    Concern(
        "T-14",
        "L1",
        _("Trente jours sans suite valent rejet"),
        _("RGPD, art. 12(3) et (4) ; APD, décision 11/2024 : le silence est un manquement."),
        _("Le site marque une demande sans suite, sans jamais la clore. Trente jours peuvent "
          "finir deux jours après le mois légal."),
        _("Une absence de réponse n'est pas un refus valable : l'obligation de répondre demeure."),
        _("Cette mention n'est pas utilisée ; la demande est « en retard »."),
        words.phrase("considérée comme rejetée"),
    ),
    Concern(
        "T-15",
        "L1",
        _("La politique fait partie des conditions générales"),
        _("RGPD, art. 7(2) et (4)."),
        _("Accepter les conditions ne vaut jamais accord : les cases sont séparées."),
        _("Ne pas lier consentement et CGV."),
        _SAME,
        words.phrase("partie intégrante des Conditions Générales"),
    ),
    Concern(
        "T-16",
        "L1",
        _("Le droit d'opposition à la prospection n'est pas à part"),
        _("RGPD, art. 21(2), (3) et (4)."),
        _("Un complément distinct le dit ; l'opposition se fait en un geste, sans identité."),
        _("Mentionner séparément le droit d'opposition à la prospection."),
        _SAME,
        words.silent_on_objection,
    ),
    Concern(
        "T-17",
        "L3",
        _("Des liens de navigateurs sans adresse, Internet Explorer"),
        _("RGPD, art. 12(1) : information aisément accessible. Internet Explorer a pris fin le 15 "
          "juin 2022."),
        _("Un nom sans adresse est montré comme texte, jamais comme un lien mort."),
        _("8 liens sans adresse."),
        _("Internet Explorer n'est plus montré."),
        words.browsers,
    ),
    Concern(
        "T-18",
        "L2",
        _("Sept années fiscales"),
        _("CDE, art. III.86 et III.88 : sept ans. CIR 92, art. 315, et TVA, art. 60 : dix ans "
          "depuis 2023, réduits par la loi du 18 décembre 2025 (à vérifier)."),
        _("La destruction de pièces comptables demande toujours l'accord d'une personne."),
        _("Vérifier avec le comptable avant destruction : 7 ou 10 ans ; immeubles 15/25 ans."),
        _("La plus longue des durées légales."),
        words.accounting,
    ),
    Concern(
        "T-19",
        "L2",
        _("Promotion sur l'intérêt légitime, cinq ans après le contrat"),
        _("RGPD, art. 6(1)(f) ; APD, projet 01/2025 ; CNIL : trois ans pour un prospect muet."),
        _("Les données sont gardées comme le texte le dit ; rien n'est envoyé sur cette base."),
        _("Test de mise en balance à documenter."),
        _("Trois ans après le dernier contact."),
        words.promotion,
    ),
    Concern(
        "T-20",
        "L2",
        _("Un accord à la prospection sans fin"),
        _("CEPD, lignes directrices 05/2020 : le renouveler de temps en temps est une bonne "
          "pratique."),
        _("L'accord vaut jusqu'à son retrait, comme le texte le dit."),
        _("Prévoir un renouvellement périodique."),
        _("L'accord est redemandé après 24 mois de silence."),
        words.phrase("jusqu'à ce que vous retiriez votre consentement"),
    ),
    Concern(
        "T-21",
        "L3",
        _("Le numéro de l'autorité est périmé"),
        _("Site de l'APD : +32 (0)2 274 48 00."),
        _("Le numéro publié est montré tel quel ; un complément donne l'actuel."),
        _("Numéros périmés ; proposer 02 274 48 00."),
        _("Le numéro actuel remplace l'ancien."),
        words.phrase("213 85 40"),
    ),
    Concern(
        "T-22",
        "L3",
        _("Ni date ni version dans le texte"),
        _("RGPD, art. 5(2)."),
        _("Chaque version porte un numéro, une date et une empreinte, à côté du texte."),
        _("Ajouter une date d'entrée en vigueur."),
        _("Pas de publication sans date : chaque version en a une."),
        words.undated,
    ),
    Concern(
        "T-23",
        "L2",
        _("« Toutes autres données » et « uniquement »"),
        _("RGPD, art. 5(1)(b) et (c)."),
        _("Ce qui est écrit librement est rattaché à une finalité."),
        _("Catégorie ouverte."),
        _("Le texte libre est effacé avec la demande."),
        words.phrase("toutes autres données"),
    ),
    Concern(
        "T-24",
        "watch",
        _("Refus en un geste et six mois de silence, proposés pour l'Union"),
        _("Proposition COM(2025) 837, art. 88a : pas encore une loi (état connu : mi-2026)."),
        _("Refuser demande déjà un seul geste. Le délai avant de redemander est celui du choix."),
        _("Suivre la proposition ; rien à changer aujourd'hui."),
        _("Déjà en accord avec la proposition."),
        words.watched,
    ),
)  # fmt: skip
