"""People and what is held about them. Whoever has an account already is one of them."""

from zoneinfo import ZoneInfo

import consent.fields
import consent.log.ids
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import privacy.encryption
import privacy.models.contact
import privacy.models.person
import privacy.validation
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


BRUSSELS = ZoneInfo("Europe/Brussels")

# A hold is looked at again within twelve months (RT-06).
REVIEWED = """
ALTER TABLE privacy_legalhold ADD CONSTRAINT privacy_hold_review_within_12_months
    CHECK (review_on <= (placed_at AT TIME ZONE 'Europe/Brussels')::date + interval '12 months'
       AND review_on >= (placed_at AT TIME ZONE 'Europe/Brussels')::date);
"""
REVERSE = "ALTER TABLE privacy_legalhold DROP CONSTRAINT privacy_hold_review_within_12_months;"


def make_people(apps, schema_editor):
    """A row for each confirmed account that is not staff's."""
    alias = schema_editor.connection.alias
    users = apps.get_model("privacy", "User").objects.using(alias)
    people = apps.get_model("privacy", "DataSubject").objects.using(alias)
    batch = []
    for user in users.filter(is_active=True, is_staff=False).iterator(chunk_size=1000):
        batch.append(
            people.model(
                account=user,
                email=user.email,
                last_name=user.name[:100],
                language=user.language,
                account_opened_on=timezone.localdate(user.date_joined, BRUSSELS),
            )
        )
        if len(batch) == 1000:
            people.bulk_create(batch)
            batch = []
    people.bulk_create(batch)


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0003_staff_second_factor'),
    ]

    operations = [
        migrations.CreateModel(
            name='DataKey',
            fields=[
                ('name', models.SlugField(primary_key=True, serialize=False)),
                ('key', privacy.encryption.EncryptedField()),
            ],
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('address_hash', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='adresse (hachée)')),
                ('at', models.DateTimeField(verbose_name='le')),
            ],
            options={
                'verbose_name': 'adresse à ne plus contacter',
                'verbose_name_plural': 'adresses à ne plus contacter',
            },
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, verbose_name='nom')),
                ('channel', models.CharField(choices=[('paper', "lettres d'information papier"), ('email', "lettres d'information électroniques"), ('sms', 'SMS promotionnels'), ('events', "prospection lors de foires et d'événements")], default='email', max_length=8, verbose_name='moyen')),
                ('subject', consent.fields.TranslatedField(default=consent.fields.no_text, verbose_name='objet')),
                ('body', consent.fields.TranslatedField(default=consent.fields.no_text, verbose_name='texte')),
                ('state', models.CharField(choices=[('draft', 'brouillon'), ('sending', "en cours d'envoi"), ('sent', 'envoyée'), ('stopped', 'arrêtée')], default='draft', editable=False, max_length=8, verbose_name='état')),
                ('started_at', models.DateTimeField(editable=False, null=True, verbose_name='commencée le')),
                ('ended_at', models.DateTimeField(editable=False, null=True, verbose_name='terminée le')),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='écrite par')),
            ],
            options={
                'verbose_name': 'campagne',
                'verbose_name_plural': 'campagnes',
                'permissions': [('send_campaign', 'Peut envoyer une campagne')],
            },
        ),
        migrations.CreateModel(
            name='ContactMessage',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(default=privacy.models.contact.new_reference, editable=False, max_length=12, unique=True, verbose_name='référence')),
                ('name', models.CharField(blank=True, max_length=150, verbose_name='nom')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='adresse e-mail')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='téléphone')),
                ('topic', models.CharField(blank=True, max_length=20, verbose_name='sujet')),
                ('body', models.TextField(blank=True, max_length=5000, verbose_name='message')),
                ('language', models.CharField(choices=[('fr', 'fr'), ('nl', 'nl'), ('de', 'de'), ('en', 'en')], default='fr', max_length=2, verbose_name='langue')),
                ('received_at', models.DateTimeField(db_index=True, verbose_name='reçu le')),
                ('last_staff_act_at', models.DateTimeField(editable=False, null=True, verbose_name='dernier acte le')),
                ('last_reply_at', models.DateTimeField(editable=False, null=True, verbose_name='dernière réponse le')),
                ('outcome', models.CharField(blank=True, choices=[('', 'en cours'), ('handled', 'traitée'), ('no_further_action', 'sans suite'), ('transferred', 'transférée'), ('silence', 'restée sans réponse de la personne')], default='', max_length=20, verbose_name='issue')),
                ('refiled_as', models.CharField(blank=True, choices=[('', '—'), ('contract', 'contrat'), ('complaint', 'plainte'), ('rights', "demande d'exercice de droits")], default='', max_length=12, verbose_name='repris comme')),
                ('closed_at', models.DateTimeField(db_index=True, editable=False, null=True, verbose_name='clos le')),
                ('purged_at', models.DateTimeField(editable=False, null=True, verbose_name='contenu effacé le')),
                ('handler', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='suivi par')),
            ],
            options={
                'verbose_name': 'message de contact',
                'verbose_name_plural': 'messages de contact',
                'permissions': [('handle_contactmessage', 'Peut traiter les messages de contact')],
            },
        ),
        migrations.CreateModel(
            name='ContactReason',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reason', models.TextField(max_length=1000, verbose_name='motif')),
                ('given_at', models.DateTimeField(verbose_name='donné le')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='auteur')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='reasons', to='privacy.contactmessage', verbose_name='message')),
            ],
            options={
                'verbose_name': 'motif de garder un message',
                'verbose_name_plural': 'motifs de garder un message',
            },
        ),
        migrations.CreateModel(
            name='ContactReply',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('body', models.TextField(max_length=10000, verbose_name='réponse')),
                ('sent_at', models.DateTimeField(verbose_name='envoyée le')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='auteur')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='replies', to='privacy.contactmessage', verbose_name='message')),
            ],
            options={
                'verbose_name': 'réponse à un message',
                'verbose_name_plural': 'réponses aux messages',
            },
        ),
        migrations.CreateModel(
            name='DataSubject',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(default=privacy.models.person.new_reference, editable=False, max_length=12, unique=True, verbose_name='référence')),
                ('first_name', models.CharField(blank=True, max_length=100, verbose_name='prénom')),
                ('last_name', models.CharField(blank=True, max_length=100, verbose_name='nom')),
                ('street', models.CharField(blank=True, max_length=200, verbose_name='rue et numéro')),
                ('postal_code', models.CharField(blank=True, max_length=12, verbose_name='code postal')),
                ('city', models.CharField(blank=True, max_length=100, verbose_name='localité')),
                ('country', models.CharField(blank=True, default='BE', max_length=2, validators=[django.core.validators.RegexValidator('^[A-Z]{2}$', "Le pays s'écrit en deux lettres.")], verbose_name='pays')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='adresse e-mail')),
                ('phone', models.CharField(blank=True, max_length=20, validators=[privacy.validation.validate_phone], verbose_name='téléphone')),
                ('iban', privacy.encryption.EncryptedField(blank=True, default='', validators=[privacy.validation.validate_iban], verbose_name='numéro de compte (IBAN)')),
                ('vat_number', models.CharField(blank=True, max_length=20, validators=[privacy.validation.validate_vat], verbose_name='numéro de TVA')),
                ('language', models.CharField(choices=[('fr', 'fr'), ('nl', 'nl'), ('de', 'de'), ('en', 'en')], default='fr', max_length=2, verbose_name='langue')),
                ('account_opened_on', models.DateField(blank=True, null=True, verbose_name='compte ouvert le')),
                ('account_closed_on', models.DateField(blank=True, null=True, verbose_name='compte expiré le')),
                ('contract_started_on', models.DateField(blank=True, null=True, verbose_name='contrat conclu le')),
                ('contract_ended_on', models.DateField(blank=True, null=True, verbose_name='contrat terminé le')),
                ('last_contact_on', models.DateField(blank=True, null=True, verbose_name='dernier contact le')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='enregistré le')),
                ('archived_at', models.DateTimeField(editable=False, null=True, verbose_name='archivé le')),
                ('anonymised_at', models.DateTimeField(editable=False, null=True, verbose_name='anonymisé le')),
                ('account', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='subject', to=settings.AUTH_USER_MODEL, verbose_name='compte')),
            ],
            options={
                'verbose_name': 'personne',
                'verbose_name_plural': 'personnes',
                'permissions': [('view_archive', 'Peut voir les archives à accès restreint'), ('correct_datasubject', "Peut corriger les données d'une personne")],
            },
        ),
        migrations.AddField(
            model_name='contactmessage',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='contact_messages', to='privacy.datasubject', verbose_name='personne'),
        ),
        migrations.CreateModel(
            name='Complaint',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('reference', models.CharField(default=privacy.models.contact.new_complaint_reference, editable=False, max_length=12, unique=True, verbose_name='référence')),
                ('subject', models.CharField(max_length=200, verbose_name='objet')),
                ('body', models.TextField(max_length=10000, verbose_name='plainte')),
                ('third_parties', models.TextField(blank=True, max_length=1000, verbose_name='personnes mises en cause')),
                ('received_on', models.DateField(verbose_name='reçue le')),
                ('answer', models.TextField(blank=True, max_length=10000, verbose_name='réponse')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='close le')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='complaints', to='privacy.datasubject', verbose_name='personne')),
            ],
            options={
                'verbose_name': 'plainte',
                'verbose_name_plural': 'plaintes',
            },
        ),
        migrations.CreateModel(
            name='CampaignDelivery',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('planned', 'prévu'), ('sending', 'remis au serveur'), ('sent', 'envoyé'), ('skipped', "plus permis au moment de l'envoi"), ('unknown', 'issue inconnue')], default='planned', max_length=8, verbose_name='état')),
                ('at', models.DateTimeField(verbose_name='le')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='deliveries', to='privacy.campaign', verbose_name='campagne')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='campaign_deliveries', to='privacy.datasubject', verbose_name='personne')),
            ],
            options={
                'verbose_name': 'envoi',
                'verbose_name_plural': 'envois',
            },
        ),
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('recipient', models.SlugField(verbose_name='catégorie de destinataire')),
                ('recipient_name', models.CharField(max_length=200, verbose_name='destinataire')),
                ('purpose', models.SlugField(verbose_name='finalité')),
                ('categories', models.JSONField(default=list, verbose_name='données transmises')),
                ('at', models.DateTimeField(verbose_name='le')),
                ('balancing', models.TextField(blank=True, max_length=4000, verbose_name='mise en balance')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approuvé par')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='transmis par')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='disclosures', to='privacy.datasubject', verbose_name='personne')),
            ],
            options={
                'verbose_name': 'transmission à un destinataire',
                'verbose_name_plural': 'transmissions aux destinataires',
            },
        ),
        migrations.CreateModel(
            name='FiscalYear',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='du')),
                ('ends_on', models.DateField(verbose_name='au')),
            ],
            options={
                'verbose_name': 'exercice comptable',
                'verbose_name_plural': 'exercices comptables',
                'ordering': ('starts_on',),
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='privacy_fiscalyear_ends_after_start', violation_error_message="L'exercice finit après avoir commencé."), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func('starts_on', 'ends_on', models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='privacy_fiscalyear_no_overlap', violation_error_message='Deux exercices se chevauchent.')],
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=30, unique=True, verbose_name='numéro')),
                ('issued_on', models.DateField(db_index=True, verbose_name='date')),
                ('name', models.CharField(max_length=200, verbose_name='nom')),
                ('address', models.TextField(max_length=500, verbose_name='adresse')),
                ('vat_number', models.CharField(blank=True, max_length=20, validators=[privacy.validation.validate_vat], verbose_name='numéro de TVA')),
                ('iban', privacy.encryption.EncryptedField(blank=True, default='', validators=[privacy.validation.validate_iban], verbose_name='numéro de compte (IBAN)')),
                ('net', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='total hors TVA')),
                ('vat', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='TVA')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='invoices', to='privacy.datasubject', verbose_name='personne')),
            ],
            options={
                'verbose_name': 'facture',
                'verbose_name_plural': 'factures',
                'ordering': ('-issued_on', '-number'),
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('description', models.CharField(max_length=300, verbose_name='service')),
                ('quantity', models.DecimalField(decimal_places=2, max_digits=10, validators=[django.core.validators.MinValueValidator(0)], verbose_name='quantité')),
                ('unit_price', models.DecimalField(decimal_places=2, max_digits=12, verbose_name='prix unitaire')),
                ('vat_rate', models.DecimalField(decimal_places=1, max_digits=4, verbose_name='taux de TVA (%)')),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='lines', to='privacy.invoice', verbose_name='facture')),
            ],
            options={
                'verbose_name': 'ligne de facture',
                'verbose_name_plural': 'lignes de facture',
            },
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(blank=True, max_length=60, verbose_name='sorte de données')),
                ('record', models.UUIDField(blank=True, null=True, verbose_name='enregistrement')),
                ('reason', models.TextField(max_length=2000, verbose_name='motif')),
                ('placed_at', models.DateTimeField(verbose_name='depuis le')),
                ('review_on', models.DateField(verbose_name='à revoir le')),
                ('released_at', models.DateTimeField(blank=True, null=True, verbose_name='levé le')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='holds', to='privacy.datasubject', verbose_name='personne')),
                ('placed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='auteur')),
            ],
            options={
                'verbose_name': 'blocage de suppression',
                'verbose_name_plural': 'blocages de suppression',
                'permissions': [('release_legalhold', 'Peut lever un blocage de suppression')],
            },
        ),
        migrations.CreateModel(
            name='MarketingChoice',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('paper', "lettres d'information papier"), ('email', "lettres d'information électroniques"), ('sms', 'SMS promotionnels'), ('events', "prospection lors de foires et d'événements")], max_length=8, verbose_name='moyen')),
                ('given', models.BooleanField(verbose_name='accord')),
                ('at', models.DateTimeField(verbose_name='le')),
                ('source', models.CharField(choices=[('account', 'espace personnel'), ('link', "lien d'un message"), ('one_click', 'bouton du programme de courrier'), ('staff', 'noté par le personnel'), ('request', "demande d'exercice de droits")], max_length=10, verbose_name='endroit')),
                ('shown', models.CharField(blank=True, max_length=64, verbose_name='texte montré (SHA-256)')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='marketing_choices', to='privacy.datasubject', verbose_name='personne')),
            ],
            options={
                'verbose_name': 'choix de prospection',
                'verbose_name_plural': 'choix de prospection',
            },
        ),
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('marketing', 'à toute prospection (art. 21, § 2)'), ('legitimate_interest', 'à la promotion des services (art. 21, § 1)')], max_length=20, verbose_name='sorte')),
                ('at', models.DateTimeField(verbose_name='le')),
                ('source', models.CharField(choices=[('account', 'espace personnel'), ('link', "lien d'un message"), ('one_click', 'bouton du programme de courrier'), ('staff', 'noté par le personnel'), ('request', "demande d'exercice de droits")], max_length=10, verbose_name='endroit')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='terminée le')),
                ('ended_because', models.TextField(blank=True, max_length=2000, verbose_name='motif')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='objections', to='privacy.datasubject', verbose_name='personne')),
            ],
            options={
                'verbose_name': 'opposition',
                'verbose_name_plural': 'oppositions',
            },
        ),
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.UUIDField(default=consent.log.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('ground', models.CharField(choices=[('a', "l'exactitude des données est contestée (a)"), ('b', "le traitement est illicite, la personne refuse l'effacement (b)"), ('c', 'la personne en a besoin pour un droit en justice (c)'), ('d', "une opposition est à l'examen (d)")], max_length=1, verbose_name='motif')),
                ('reason', models.TextField(max_length=2000, verbose_name='explication')),
                ('placed_at', models.DateTimeField(verbose_name='depuis le')),
                ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='personne avertie de la levée le')),
                ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='levée le')),
                ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='levée par')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.DB_CASCADE, related_name='restrictions', to='privacy.datasubject', verbose_name='personne')),
                ('placed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DB_SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='placée par')),
            ],
            options={
                'verbose_name': 'limitation du traitement',
                'verbose_name_plural': 'limitations du traitement',
            },
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['paper', 'email', 'sms', 'events'])), name='privacy_campaign_channel_known'),
        ),
        migrations.AddIndex(
            model_name='datasubject',
            index=models.Index(fields=['email'], name='privacy_person_email'),
        ),
        migrations.AddIndex(
            model_name='datasubject',
            index=models.Index(fields=['last_name', 'first_name'], name='privacy_person_name'),
        ),
        migrations.AddIndex(
            model_name='datasubject',
            index=models.Index(condition=models.Q(('anonymised_at__isnull', True)), fields=['account_closed_on'], name='privacy_person_account_closed'),
        ),
        migrations.AddIndex(
            model_name='datasubject',
            index=models.Index(condition=models.Q(('anonymised_at__isnull', True)), fields=['contract_ended_on'], name='privacy_person_contract_ended'),
        ),
        migrations.AddConstraint(
            model_name='datasubject',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='privacy_person_email_lowercase'),
        ),
        migrations.AddConstraint(
            model_name='datasubject',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ('fr', 'nl', 'de', 'en'))), name='privacy_person_language_known'),
        ),
        migrations.AddConstraint(
            model_name='datasubject',
            constraint=models.CheckConstraint(condition=models.Q(('account_closed_on__isnull', True), ('account_opened_on__isnull', False), _connector='OR'), name='privacy_person_closed_was_open', violation_error_message="Un compte expiré a d'abord été ouvert."),
        ),
        migrations.AddConstraint(
            model_name='datasubject',
            constraint=models.CheckConstraint(condition=models.Q(('account_closed_on__isnull', True), ('account_closed_on__gte', models.F('account_opened_on')), _connector='OR'), name='privacy_person_account_dates', violation_error_message="Le compte ne peut expirer avant d'être ouvert."),
        ),
        migrations.AddConstraint(
            model_name='datasubject',
            constraint=models.CheckConstraint(condition=models.Q(('contract_ended_on__isnull', True), ('contract_started_on__isnull', False), _connector='OR'), name='privacy_person_ended_had_begun', violation_error_message="Un contrat terminé a d'abord été conclu."),
        ),
        migrations.AddConstraint(
            model_name='datasubject',
            constraint=models.CheckConstraint(condition=models.Q(('contract_ended_on__isnull', True), ('contract_ended_on__gte', models.F('contract_started_on')), _connector='OR'), name='privacy_person_contract_dates', violation_error_message="Le contrat ne peut finir avant d'être conclu."),
        ),
        migrations.AddConstraint(
            model_name='contactmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('outcome', '')), models.Q(models.Q(('outcome', ''), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='privacy_contactmessage_closed_has_outcome'),
        ),
        migrations.AddConstraint(
            model_name='contactmessage',
            constraint=models.CheckConstraint(condition=models.Q(('purged_at__isnull', True), models.Q(('body', ''), ('closed_at__isnull', False), ('email', ''), ('name', ''), ('person', None), ('phone', '')), _connector='OR'), name='privacy_contactmessage_purged_is_empty'),
        ),
        migrations.AddConstraint(
            model_name='contactmessage',
            constraint=models.CheckConstraint(condition=models.Q(('refiled_as', ''), ('outcome', 'transferred'), _connector='OR'), name='privacy_contactmessage_refiled_is_transferred'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.CheckConstraint(condition=models.Q(('closed_on__isnull', True), ('closed_on__gte', models.F('received_on')), _connector='OR'), name='privacy_complaint_closed_after_received', violation_error_message="La plainte ne peut être close avant d'être reçue."),
        ),
        migrations.AddIndex(
            model_name='campaigndelivery',
            index=models.Index(fields=['campaign', 'state'], name='privacy_delivery_by_state'),
        ),
        migrations.AddConstraint(
            model_name='campaigndelivery',
            constraint=models.UniqueConstraint(fields=('campaign', 'person'), name='privacy_campaigndelivery_once'),
        ),
        migrations.AddConstraint(
            model_name='disclosure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('recipient', 'third_party_complainant'), _negated=True), models.Q(models.Q(('balancing', ''), _negated=True), ('approved_by__isnull', False)), _connector='OR'), name='privacy_disclosure_complainant_weighed', violation_error_message='Transmettre à un tiers plaignant demande une mise en balance écrite et un second accord.'),
        ),
        migrations.AddIndex(
            model_name='legalhold',
            index=models.Index(condition=models.Q(('released_at__isnull', True)), fields=['person'], name='privacy_hold_open'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='privacy_hold_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.CheckConstraint(condition=models.Q(('record__isnull', True), models.Q(('source', ''), _negated=True), _connector='OR'), name='privacy_hold_record_has_source'),
        ),
        migrations.AddIndex(
            model_name='marketingchoice',
            index=models.Index(fields=['person', 'channel', '-at', '-id'], name='privacy_marketing_newest'),
        ),
        migrations.AddConstraint(
            model_name='marketingchoice',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['paper', 'email', 'sms', 'events'])), name='privacy_marketing_channel_known'),
        ),
        migrations.AddConstraint(
            model_name='marketingchoice',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['account', 'link', 'one_click', 'staff', 'request'])), name='privacy_marketing_source_known'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['marketing', 'legitimate_interest'])), name='privacy_objection_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), models.Q(('ended_because', ''), _negated=True), _connector='OR'), name='privacy_objection_end_has_reason', violation_error_message="Une opposition ne prend fin qu'avec un motif écrit."),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('person', 'kind'), name='privacy_objection_one_open'),
        ),
        migrations.AddIndex(
            model_name='restriction',
            index=models.Index(condition=models.Q(('lifted_at__isnull', True)), fields=['person'], name='privacy_restriction_open'),
        ),
        migrations.AddConstraint(
            model_name='restriction',
            constraint=models.CheckConstraint(condition=models.Q(('ground__in', ['a', 'b', 'c', 'd'])), name='privacy_restriction_ground_known'),
        ),
        migrations.AddConstraint(
            model_name='restriction',
            constraint=models.CheckConstraint(condition=models.Q(('lifted_at__isnull', True), models.Q(('told_at__isnull', False), ('told_at__lte', models.F('lifted_at'))), _connector='OR'), name='privacy_restriction_told_before_lift', violation_error_message='La personne doit être avertie avant que la limitation soit levée.'),
        ),
        migrations.RunSQL(REVIEWED, REVERSE),
        migrations.RunPython(make_people, migrations.RunPython.noop),
    ]
