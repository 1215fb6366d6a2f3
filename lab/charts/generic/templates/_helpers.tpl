{{- /* Name of all objects, as most public charts make it. */ -}}
{{- define "lab.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "lab.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "lab.labels" -}}
{{ include "lab.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* replicaCount or replicas, below controller or deployment before the top level; 0 counts. */ -}}
{{- define "lab.replicas" -}}
{{- $count := .Values.replicaCount -}}
{{- if hasKey .Values "replicas" -}}{{- $count = .Values.replicas -}}{{- end -}}
{{- range $holder := list .Values.deployment .Values.controller -}}
{{- if kindIs "map" $holder -}}
{{- range $key := list "replicas" "replicaCount" -}}
{{- if hasKey $holder $key -}}{{- $count = index $holder $key -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- int $count -}}
{{- end -}}

{{- define "lab.image" -}}
{{- $image := .Values.image -}}
{{- if kindIs "string" $image -}}
{{- $image -}}
{{- else -}}
{{- $tag := default .Chart.AppVersion $image.tag -}}
{{- printf "%s:%s" (default (printf "lab.invalid/%s" .Chart.Name) $image.repository) $tag -}}
{{- end -}}
{{- end -}}
