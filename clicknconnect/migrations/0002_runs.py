"""What became of each run of a job."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clicknconnect', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(max_length=128, verbose_name='travail')),
                ('job', models.BigIntegerField(verbose_name='numéro')),
                ('began_at', models.DateTimeField(db_index=True, verbose_name='commencé le')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='terminé le')),
                ('result', models.CharField(choices=[('running', 'en cours'), ('done', 'réussi'), ('failed', 'échoué')], max_length=8, verbose_name='résultat')),
                ('error', models.CharField(blank=True, max_length=100, verbose_name='erreur')),
            ],
            options={
                'verbose_name': 'travail de fond',
                'verbose_name_plural': 'travaux de fond',
                'permissions': [('retry_run', 'Peut relancer un travail de fond échoué')],
                'indexes': [models.Index(fields=['task', '-began_at'], name='clicknconnect_run_last'), models.Index(condition=models.Q(('result', 'done'), _negated=True), fields=['began_at'], name='clicknconnect_run_not_done')],
                'constraints': [models.CheckConstraint(condition=models.Q(('result__in', ['running', 'done', 'failed'])), name='clicknconnect_run_result_known'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('result', 'running')), models.Q(models.Q(('result', 'running'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='clicknconnect_run_end_has_result')],
            },
        ),
    ]
